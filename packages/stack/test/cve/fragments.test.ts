// What brought libslirp's ip_reass() down, frame by frame. Bytes are proved by the checksum of the datagram they make.
import { describe, expect, test } from 'vitest';
import { datagram, fragment, fragments, type Ip4, Rig } from '../rig.ts';
import { attack, leaks } from './attack.ts';

const TO: Ip4 = { to: '192.0.2.1', id: 77 };

function udpOf(size: number): Uint8Array {
  const payload = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >>> 8)) & 0xff);
  return datagram('10.0.2.15:1000', '192.0.2.1:7', payload);
}

/** [at, end) of each, in the order in which they are sent. */
function sendPieces(rig: Rig, whole: Uint8Array, pieces: readonly (readonly [at: number, end: number])[]): string[] {
  return pieces.map(([at, end]) => attack(rig, fragment(whole, at, end, TO)));
}

function delivered(rig: Rig): string[] {
  return rig.host.udpSockets.flatMap(({ sent }) => sent);
}

function mustBeEmpty(rig: Rig): void {
  expect([rig.count('reassemblies'), rig.count('reassemblyBytes'), leaks(rig)]).toEqual([0, 0, 0]);
}

// m_cat() made room for the second mbuf by the size of the first: a small first fragment and large ones behind it
test('CVE-2018-11806: a first fragment of eight bytes, and all else behind it', () => {
  const rig = new Rig();
  const whole = udpOf(65_507);
  const pieces: [number, number][] = [[0, 8]];
  for (let at = 8; at < whole.length; at += 9_000) pieces.push([at, at + 9_000]);
  expect(new Set(sendPieces(rig, whole, pieces))).toEqual(new Set(['NO']));
  expect(delivered(rig)).toEqual(['192.0.2.1:7 ttl 63 65507 bytes']);
  mustBeEmpty(rig);
});

// The header was looked for in the mbuf's own buffer while a fragment that large lies in another: written far behind it
test.each([1_640, 9_000, 60_000])('CVE-2019-14378: the first fragment comes last, and has %i bytes', (first) => {
  const rig = new Rig();
  const whole = udpOf(65_000);
  expect(
    sendPieces(rig, whole, [
      [first, whole.length],
      [0, first],
    ]),
  ).toEqual(['NO', 'NO']);
  expect(delivered(rig)).toEqual(['192.0.2.1:7 ttl 63 65000 bytes']);
  mustBeEmpty(rig);
});

// Fragments that a later one covers were freed first and taken out of the list afterwards
describe('CVE-2019-15890: a fragment covers those that wait', () => {
  const WAITING = [
    [8, 16],
    [16, 24],
    [32, 48],
  ] as const;

  test.each([
    ['all', 0, 48],
    ['some', 8, 32],
    ['some, and a part', 16, 40],
    ['all, as the last', 8, 108],
  ])('%s of them: the datagram is given up', (_what, at, end) => {
    const rig = new Rig();
    const whole = udpOf(100);
    expect(sendPieces(rig, whole, WAITING)).toEqual(['NO', 'NO', 'NO']);
    expect(sendPieces(rig, whole, [[at, end]])).toEqual(['FRAGMENT_OVERLAP']);
    expect(rig.count('reassemblyBytes')).toBe(0);
    expect(sendPieces(rig, whole, WAITING)).toEqual(Array(3).fill('FRAGMENT_OVERLAP'));
    rig.after(30_000);
    expect([delivered(rig), rig.heard()]).toEqual([[], []]);
    mustBeEmpty(rig);
  });
});

// The buffer of the first fragment moved while it grew, and a pointer into it did not
describe('CVE-2020-1983: a datagram grows in many steps', () => {
  test('behind a first fragment that has a buffer of its own', () => {
    const rig = new Rig();
    const whole = udpOf(60_000);
    const pieces: [number, number][] = [[0, 2_000]];
    for (let at = 2_000; at < whole.length; at += 800) pieces.push([at, at + 800]);
    expect(new Set(sendPieces(rig, whole, pieces))).toEqual(new Set(['NO']));
    expect(delivered(rig)).toEqual(['192.0.2.1:7 ttl 63 60000 bytes']);
    mustBeEmpty(rig);
  });

  test.each([
    ['places', { reassemblies: 8, reassemblyBytes: 1 << 20 }],
    ['bytes', { reassemblies: 64, reassemblyBytes: 65_536 }],
  ])('beside others, until there are no %s: the oldest go, and what is whole is right', (_what, limits) => {
    const rig = new Rig({ limits });
    const all = Array.from({ length: 12 }, (_, id) => fragments(udpOf(20_000), 1_500, { ...TO, id }));
    const steps = all[0]!.length;
    for (let step = 0; step < steps; step++) {
      for (const of of all) attack(rig, of[step]!);
      expect(rig.count('reassemblies')).toBeLessThanOrEqual(limits.reassemblies);
      expect(rig.count('reassemblyBytes')).toBeLessThanOrEqual(limits.reassemblyBytes);
    }
    expect(rig.count('FRAGMENT_EVICTED')).toBeGreaterThan(4);
    for (const frame of all[0]!) attack(rig, frame);
    expect(delivered(rig).every((what) => what === '192.0.2.1:7 ttl 63 20000 bytes')).toBe(true);
    expect(delivered(rig).length).toBeGreaterThan(0);
    rig.after(30_000);
    mustBeEmpty(rig);
  });
});
