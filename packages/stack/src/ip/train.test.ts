import { Cut } from '@reslirp/link';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Udp from '@reslirp/wire/udp';
import { describe, expect, it } from 'vitest';
import { endpoint, Rig, type RigOptions, udp } from '../../test/rig.ts';

const OFFLOAD = { checksum: true, segmentation: 0, datagrams: 10_000 };

/** A guest whose mapping is answered by datagrams of these sizes, all in one turn; what each frame holds. */
function answered(
  sizes: readonly number[],
  { peers = ['192.0.2.1:7'], ...options }: RigOptions & { peers?: string[] } = {},
): Rig {
  const rig = new Rig({ offload: OFFLOAD, ...options });
  rig.send(udp('10.0.2.15:1000', '192.0.2.1:7'));
  for (const [i, size] of sizes.entries()) {
    const bytes = Uint8Array.from({ length: size }, () => i + 1);
    rig.host.udpSockets[0]!.events.received(endpoint(peers[i % peers.length]!), bytes, 0, size, rig.now);
    bytes.fill(0xee); // lent
  }
  return rig;
}

/** Of each frame: how many bytes of payload there are, and of what size each datagram is (0: one). */
function frames(rig: Rig): [number, number][] {
  rig.stack.flush(rig.now);
  return rig.frames().map(({ bytes, unfinished }) => {
    expect(Ipv4.check(bytes, 14, bytes.length)).toBe(Ipv4.Malformed.NO);
    expect(Udp.length(bytes, 34)).toBe(bytes.length - 34);
    return [bytes.length - 42, unfinished?.cut === Cut.UDP ? unfinished.mss : 0];
  });
}

describe('datagrams of one turn, on a link that cuts them', () => {
  it.each<[string, number[], [number, number][]]>([
    ['of one size: one frame', [100, 100, 100], [[300, 100]]],
    ['the last may be shorter', [100, 100, 40], [[240, 100]]],
    [
      'a longer one begins anew',
      [100, 100, 101],
      [
        [200, 100],
        [101, 0],
      ],
    ],
    [
      'after a shorter one there is no other',
      [100, 40, 40, 100],
      [
        [140, 100],
        [40, 0],
        [100, 0],
      ],
    ],
    ['a single one is a datagram as ever', [100], [[100, 0]]],
    [
      'an empty one too, and in its place',
      [100, 0, 100],
      [
        [100, 0],
        [0, 0],
        [100, 0],
      ],
    ],
    [
      'what is to be fragmented is in its place',
      [100, 100, 0, 100],
      [
        [200, 100],
        [0, 0],
        [100, 0],
      ],
    ],
  ])('%s', (_, sizes, expected) => {
    expect(frames(answered(sizes))).toEqual(expected);
  });

  it('hold what was sent, in order', () => {
    const rig = answered([2, 2, 2]);
    rig.stack.flush(rig.now);
    expect([...rig.link.sent[0]!.bytes.subarray(42)]).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('of several senders do not travel together', () => {
    expect(frames(answered([100, 100, 100], { peers: ['192.0.2.1:7', '192.0.2.2:7'] }))).toEqual([
      [100, 0],
      [100, 0],
      [100, 0],
    ]);
  });

  it('fill no frame beyond what the link takes, and are no more than the kernel takes', () => {
    expect(frames(answered(Array(8).fill(1_400)))).toEqual([
      [9_800, 1_400],
      [1_400, 0],
    ]);
    expect(frames(answered(Array(70).fill(10)))).toEqual([
      [640, 10],
      [60, 10],
    ]);
  });

  it('wait for the end of the turn', () => {
    const rig = answered([100, 100]);
    expect(rig.frames()).toEqual([]);
    expect(frames(rig)).toEqual([[200, 100]]);
    expect(frames(rig)).toEqual([]);
  });

  it('leave before what has to be fragmented', () => {
    const rig = answered([100, 100, 2_000]);
    rig.stack.flush(rig.now);
    const fragmented = rig.frames().map(({ bytes }) => [bytes.length - 34, Ipv4.isFragment(bytes, 14)]);
    expect(fragmented).toEqual([
      [208, false],
      [1480, true],
      [528, true],
    ]);
  });

  it('are counted one by one where the link is full', () => {
    const rig = answered([100, 100, 100]);
    rig.link.room = 0;
    rig.stack.flush(rig.now);
    expect(rig.count('LINK_FULL')).toBe(3);
  });
});

it('a link that cuts nothing gets each at once', () => {
  const rig = answered([100, 100], { offload: { ...OFFLOAD, datagrams: 0 } });
  expect(rig.frames()).toHaveLength(2);
});
