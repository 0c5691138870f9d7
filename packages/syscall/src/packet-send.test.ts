import { afterEach, expect, test } from 'vitest';
import { read, socketPair } from '../test/descriptors.ts';
import { SocketType } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';
import { PacketSend } from './packet-send.ts';

const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) libc.close(fd);
});

function pair(): [number, number] {
  const ends = socketPair(SocketType.SEQPACKET);
  open.push(...ends);
  return ends;
}

const SIZES = [1, 60, 3, 1_514, 9_000];

/** Packets of SIZES, one behind the other. */
function packets(): { region: Region; ends: Int32Array } {
  const ends = Int32Array.from(SIZES);
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
  const region = new Region(ends.at(-1)!);
  for (let i = 0; i < region.bytes.length; i++) region.bytes[i] = i * 7;
  return { region, ends };
}

test('each message arrives as a packet of its own, in order; as many at once as there is room for', () => {
  const [near, far] = pair();
  const { region, ends } = packets();
  const sender = new PacketSend(3);
  expect(sender.send(near, region.address, ends, 0, 5)).toBe(3);
  expect(sender.send(near, region.address, ends, 3, 5)).toBe(2);
  const expected = SIZES.map((size, i) => region.bytes.slice(ends[i]! - size, ends[i]));
  expect(SIZES.map(() => read(far))).toEqual(expected);
  expect(read(far)).toBe(-Errno.EAGAIN);
});

test('a full socket takes what it has room for, and then says EAGAIN', () => {
  const [near, far] = pair();
  const { region, ends } = packets();
  const sender = new PacketSend(8);
  let sent = 0;
  let n = 0;
  while (n >= 0) {
    n = sender.send(near, region.address, ends, sent % 5, 5);
    sent += Math.max(0, n);
  }
  expect(n).toBe(-Errno.EAGAIN);
  let arrived = 0;
  while (typeof read(far) !== 'number') arrived++;
  expect(arrived).toBe(sent);
});

test('nobody at the other end: an error, and no signal', () => {
  const [near, far] = pair();
  libc.close(far);
  open.pop();
  const { region, ends } = packets();
  expect(new PacketSend(8).send(near, region.address, ends, 0, 5)).toBe(-Errno.EPIPE);
});
