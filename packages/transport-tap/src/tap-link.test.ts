// A TapLink on a pair of packet sockets in place of a TAP: what a guest's kernel would send and take, virtio header included.
import { Cut } from '@reslirp/link';
import { linkContract } from '@reslirp/link/contract';
import { channel, Loop, libc, Region } from '@reslirp/syscall';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tap } from './tap.ts';
import { TapLink } from './tap-link.ts';

const HEADER = 10;
const MESSAGE_DONTWAIT = 0x40;
const buffer = new Region(1 << 17);

interface Bench {
  readonly link: TapLink;
  readonly loop: Loop;
  readonly arrived: Uint8Array[];
  /** Headers of those. */
  readonly headers: Uint8Array[];
  send(frame: Uint8Array, header?: Uint8Array): void;
  raw(bytes: Uint8Array): void;
  hangUp(): void;
  settle(): void;
}

function bench(offload: Tap['offload'] = 'segments', header: number = HEADER): Bench {
  const [near, far] = channel()!;
  const loop = new Loop();
  libc.fcntl(near, 4, 0o4000);
  const link = new TapLink({ tap: { fd: near, name: 'tap0', header, offload }, loop, mtu: 1500 });
  const arrived: Uint8Array[] = [];
  const headers: Uint8Array[] = [];
  const raw = (bytes: Uint8Array): void => {
    buffer.bytes.set(bytes);
    libc.send(far, buffer.address, bytes.length, MESSAGE_DONTWAIT);
  };
  return {
    link,
    loop,
    arrived,
    headers,
    raw,
    send(frame, virtio = new Uint8Array(header)) {
      raw(new Uint8Array([...virtio, ...frame]));
    },
    hangUp: () => void libc.close(far),
    settle() {
      for (let i = 0; i < 4; i++) {
        for (let n = next(far); n > 0; n = next(far)) {
          headers.push(buffer.bytes.slice(0, header));
          arrived.push(buffer.bytes.slice(header, n));
        }
        loop.turn(0);
      }
    },
  };
}

function next(fd: number): number {
  return libc.recv(fd, buffer.address, 1 << 17, MESSAGE_DONTWAIT);
}

/** Each frame is a system call of its own, and leaves at once: nothing is ever full. */
const NEEDS_A_QUEUE = /full|within reserve|no handler is called any more/;

describe.each([
  ['with offload', 'segments', HEADER],
  ['with checksums alone', 'checksums', HEADER],
  ['with a header and no offload', 'none', HEADER],
  ['without a header', 'none', 0],
] as const)('the contract of links, %s', (_what, offload, header) => {
  for (const { name, run } of linkContract(() => bench(offload, header))) {
    if (!NEEDS_A_QUEUE.test(name)) test(name, run);
  }
});

test('a segment to be cut says how, in its header', () => {
  const t = bench();
  const payload = new Uint8Array(4_000).fill(7);
  const at = t.link.reserve(54 + payload.length);
  t.link.slab.fill(1, at, at + 54);
  t.link.commit(54, payload, 0, payload.length, { sumFrom: 34, sumField: 16, cut: Cut.TCP4, mss: 1_448 });
  t.settle();
  const v = new DataView(t.headers[0]!.buffer);
  expect([v.getUint8(0), v.getUint8(1)]).toEqual([1, 1]);
  expect([2, 4, 6, 8].map((field) => v.getUint16(field, true))).toEqual([54, 1_448, 34, 16]);
  expect(t.arrived[0]).toHaveLength(4_054);
});

test('whether a checksum is to be trusted comes with the frame', () => {
  const t = bench();
  const trusted: boolean[] = [];
  t.link.onFrame((_b, _at, _end, trust) => trusted.push(trust));
  for (const flags of [0, 1, 2, 3]) t.send(new Uint8Array(60), Uint8Array.of(flags, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  t.settle();
  expect(trusted).toEqual([false, true, true, true]);
});

test('whatever the kernel hands over, no frame is longer than what came, and none begins before it', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 8 }), (messages) => {
      const t = bench();
      const seen: number[] = [];
      t.link.onFrame((b, at, end) => {
        if (at !== HEADER || end > b.length) throw new Error(`${at} to ${end}`);
        seen.push(end - at);
      });
      for (const message of messages) if (message.length > 0) t.raw(message);
      t.settle();
      const whole = messages.filter((message) => message.length > HEADER).map((message) => message.length - HEADER);
      expect(seen).toEqual(whole);
      t.link.close();
      t.hangUp();
      t.loop.dispose();
    }),
    { numRuns: 60 },
  );
});

test('more frames than one batch all arrive, and the others of the loop have their turn between', () => {
  const t = bench();
  let frames = 0;
  let turns = 0;
  t.link.onFrame(() => void frames++);
  t.loop.onTurnEnd(() => {
    turns++;
    return Infinity;
  });
  let sent = 0;
  for (; sent < 100; sent++) t.send(new Uint8Array(60));
  t.settle();
  expect(frames).toBe(sent);
  expect(turns).toBeGreaterThan(1);
});
