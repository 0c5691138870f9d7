import { Cut, type Unfinished } from '@reslirp/link';
import { fold, sum } from '@reslirp/wire/checksum';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Virtio from './virtio.ts';

const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.length);
const dirty = (): Uint8Array => new Uint8Array(Virtio.HEADER + 4).fill(0xee);
const TCP = 16;
/** They were agreed to. */
const DATAGRAMS = true;

describe('what leaves', () => {
  test('a finished frame has a header of zeros, and nothing around it is touched', () => {
    const b = dirty();
    Virtio.putNothing(view(b), 2);
    expect([...b]).toEqual([0xee, 0xee, ...Array(10).fill(0), 0xee, 0xee]);
  });

  test.each<[string, Unfinished, number, number[]]>([
    ['a sum', { sumFrom: 34, sumField: 6, cut: Cut.NO, mss: 0 }, 42, [1, 0, 0, 0, 0, 0, 34, 0, 6, 0]],
    ['a sum, whatever the MSS', { sumFrom: 34, sumField: 6, cut: Cut.NO, mss: 9 }, 42, [1, 0, 0, 0, 0, 0, 34, 0, 6, 0]],
    ['TCP4', { sumFrom: 34, sumField: TCP, cut: Cut.TCP4, mss: 1448 }, 66, [1, 1, 66, 0, 0xa8, 5, 34, 0, 16, 0]],
    ['TCP6', { sumFrom: 54, sumField: TCP, cut: Cut.TCP6, mss: 1428 }, 0x156, [1, 4, 0x56, 1, 0x94, 5, 54, 0, 16, 0]],
    ['UDP', { sumFrom: 34, sumField: 6, cut: Cut.UDP, mss: 1472 }, 42, [1, 5, 42, 0, 0xc0, 5, 34, 0, 6, 0]],
  ])('%s is left to the kernel', (_, unfinished, size, expected) => {
    const b = dirty();
    Virtio.putUnfinished(view(b), 2, unfinished, size);
    expect([...b.subarray(2, 12)]).toEqual(expected);
    expect([b[0], b[1], b[12], b[13]]).toEqual(Array(4).fill(0xee));
  });

  test('is sound, in our own eyes too', () => {
    const cut = fc.constantFrom(Cut.NO, Cut.TCP4, Cut.TCP6, Cut.UDP);
    fc.assert(
      fc.property(cut, fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 14, max: 78 }), (kind, mss, sumFrom) => {
        const b = new Uint8Array(Virtio.HEADER + sumFrom + 20);
        Virtio.putUnfinished(
          view(b),
          0,
          { sumFrom, sumField: kind === Cut.UDP ? 6 : TCP, cut: kind, mss },
          sumFrom + 20,
        );
        expect(Virtio.isSound(b, 0, b.length, DATAGRAMS)).toBe(true);
        expect(Virtio.isTrusted(b, 0)).toBe(true);
      }),
    );
  });
});

/** A header, and after it a frame of `size` bytes. */
interface Came {
  readonly flags?: number;
  readonly kind?: number;
  readonly headers?: number;
  readonly mss?: number;
  readonly sumFrom?: number;
  readonly sumField?: number;
  readonly size?: number;
}

function came({
  flags = 1,
  kind = 0,
  headers = 0,
  mss = 0,
  sumFrom = 34,
  sumField = TCP,
  size = 100,
}: Came): Uint8Array {
  const b = new Uint8Array(Virtio.HEADER + size);
  b.set([flags, kind]);
  for (const [i, n] of [headers, mss, sumFrom, sumField].entries()) view(b).setUint16(2 + 2 * i, n, true);
  return b;
}

const SEGMENTS: Came = { kind: 1, headers: 54, mss: 1448 };
const SOUND: readonly (readonly [string, Came])[] = [
  ['a finished frame', { flags: 0 }],
  ['a finished frame whose other fields are full of rubbish', { flags: 0, sumFrom: 0xffff, sumField: 0xffff, mss: 7 }],
  ['a sum that was looked at', { flags: 2, sumFrom: 0xffff }],
  ['a sum to be made at the very end', { sumFrom: 82 }],
  ['TCP4', SEGMENTS],
  ['TCP6', { ...SEGMENTS, kind: 4 }],
  ['segments whose sum is made', { ...SEGMENTS, flags: 0, sumField: 0 }],
  ['datagrams', { ...SEGMENTS, kind: 5, sumField: 6 }],
  ['with ECN', { ...SEGMENTS, kind: 0x81 }],
  ['without a word on its headers', { ...SEGMENTS, headers: 0 }],
  ['a frame of one byte', { flags: 0, size: 1 }],
];
const UNSOUND: readonly (readonly [string, Came])[] = [
  ['no frame', { flags: 0, size: 0 }],
  ['a sum one byte beyond the end', { sumFrom: 83 }],
  ['a sum that begins beyond the end', { sumFrom: 101, sumField: 0 }],
  ['a sum field far away', { sumField: 0xffff }],
  ['a sum far away from which the field is far away', { sumFrom: 0xffff, sumField: 0xffff }],
  ['UFO, which nobody offered', { ...SEGMENTS, kind: 3 }],
  ['datagrams with the sum of TCP', { ...SEGMENTS, kind: 5 }],
  ['datagrams of nothing', { ...SEGMENTS, kind: 5, sumField: 6, mss: 0 }],
  ['ECN of nothing that is cut', { ...SEGMENTS, kind: 2 }],
  ['a kind that is none', { ...SEGMENTS, kind: 0x7f }],
  ['segments of nothing', { ...SEGMENTS, mss: 0 }],
  ['segments whose headers are longer than the frame', { ...SEGMENTS, headers: 101 }],
  ['segments with the sum of UDP', { ...SEGMENTS, sumField: 6 }],
];

describe('what comes', () => {
  test.each(SOUND)('%s is sound', (_, header) => {
    const b = came(header);
    expect(Virtio.isSound(b, 0, b.length, DATAGRAMS)).toBe(true);
  });

  test.each(UNSOUND)('%s is not', (_, header) => {
    const b = came(header);
    expect(Virtio.isSound(b, 0, b.length, DATAGRAMS)).toBe(false);
  });

  test('datagrams that nobody has agreed to are not', () => {
    const b = came({ ...SEGMENTS, kind: 5, sumField: 6 });
    expect(Virtio.isSound(b, 0, b.length, false)).toBe(false);
  });

  test('less than a header is not sound, and nothing behind its end is read', () => {
    const b = came({ flags: 0 });
    for (let end = 0; end <= Virtio.HEADER; end++) expect(Virtio.isSound(b, 0, end, DATAGRAMS)).toBe(false);
    expect(Virtio.isSound(came({ sumFrom: 82 }), 0, Virtio.HEADER + 99, DATAGRAMS)).toBe(false);
  });

  test.each([
    [0, false],
    [1, true],
    [2, true],
    [3, true],
    [4, false],
    [0xfc, false],
  ])('flags %i: trusted is %s', (flags, trusted) => {
    expect(Virtio.isTrusted(came({ flags }), 0)).toBe(trusted);
  });

  test('of any bytes, the sum of what is sound lies within the frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (b) => {
        if (!Virtio.isSound(b, 0, b.length, DATAGRAMS) || (b[0]! & 1) === 0) return;
        const field = view(b).getUint16(6, true) + view(b).getUint16(8, true);
        expect(field + 2).toBeLessThanOrEqual(b.length - Virtio.HEADER);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a sum that was left undone', () => {
  /** An Ethernet frame with IPv4, whose payload ends in a packet with a sum at `from`. */
  function frame(from: number, field: number, type: readonly number[] = [8, 0], ihl: number = 5): Uint8Array {
    const b = came({ sumFrom: from, sumField: field, size: 120 });
    for (let i = 0; i < 120; i++) b[Virtio.HEADER + i] = i * 37 + 11;
    b.set(type, Virtio.HEADER + 12);
    b[Virtio.HEADER + 14] = 0x40 | ihl;
    return b;
  }

  test.each<[string, number, readonly number[], number]>([
    ['of the outermost packet', 34, [8, 0], 5],
    ['behind options', 74, [8, 0], 15],
    ['of IPv6', 54, [0x86, 0xdd], 0],
  ])('%s is nobody’s to make', (_, from, type, ihl) => {
    const b = frame(from, TCP, type, ihl);
    const before = b.slice();
    Virtio.completeInner(b, 0, b.length);
    expect(b).toEqual(before);
  });

  test.each<[string, number, number, readonly number[]]>([
    ['within a tunnel', 84, TCP, [8, 0]],
    ['of UDP within a tunnel', 84, 6, [8, 0]],
    ['at an odd place', 85, TCP, [8, 0]],
    ['behind a VLAN tag', 38, TCP, [0x81, 0]],
    ['of what nobody knows', 20, 2, [0x88, 0x88]],
  ])('%s is made, and nothing else is touched', (_, from, field, type) => {
    const b = frame(from, field, type);
    const before = b.slice();
    Virtio.completeInner(b, 0, b.length);
    const at = Virtio.HEADER + from;
    const seed = fold(sum(before, at, before.length)); // with what was in the field, the pseudo header
    expect((b[at + field]! << 8) | b[at + field + 1]!).toBe(~seed & 0xffff);
    b.set(before.subarray(at + field, at + field + 2), at + field);
    expect(b).toEqual(before);
  });

  test('of UDP that comes to zero travels as all ones; of TCP as zero', () => {
    for (const [field, expected] of [
      [6, 0xffff],
      [TCP, 0],
    ] as const) {
      const b = came({ sumFrom: 84, sumField: field, size: 104 });
      b.set([0xff, 0xff], Virtio.HEADER + 84 + field);
      Virtio.completeInner(b, 0, b.length);
      expect((b[Virtio.HEADER + 84 + field]! << 8) | b[Virtio.HEADER + 84 + field + 1]!).toBe(expected);
    }
  });

  test('is none where there is nothing to do', () => {
    for (const header of [{ flags: 0 }, { flags: 2 }, { kind: 1, mss: 100 }] as const) {
      const b = came({ ...header, sumFrom: 60 });
      const before = b.slice();
      Virtio.completeInner(b, 0, b.length);
      expect(b).toEqual(before);
    }
  });
});
