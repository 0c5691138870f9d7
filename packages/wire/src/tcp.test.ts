import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guarded, hex, hostile, i32, spot, u16 } from '../test/spot.ts';
import { finish, sum } from './checksum.ts';
import * as Tcp from './tcp.ts';
import * as Options from './tcp-options.ts';

/** The SYN of a Linux kernel: MSS 1460, SACK, timestamps, window scale 7. */
const SYN = hex('d8da 0050 a1b2c3d4 00000000 a002 faf0 0000 0000 020405b4 0402 080a 01020304 00000000 01 030307');

it('reads a SYN of Linux', () => {
  expect(Tcp.check(SYN, 0, SYN.length)).toBe(Tcp.Malformed.NO);
  expect([Tcp.srcPort(SYN, 0), Tcp.dstPort(SYN, 0), Tcp.seq(SYN, 0) >>> 0]).toEqual([55_514, 80, 0xa1b2c3d4]);
  expect([Tcp.headerLength(SYN, 0), Tcp.flags(SYN, 0), Tcp.window(SYN, 0)]).toEqual([40, Tcp.Flag.SYN, 64_240]);
  const options = Options.blank();
  Options.read(SYN, 0, options);
  expect(options).toMatchObject({
    mss: 1460,
    sackPermitted: true,
    timestamps: true,
    tsVal: 0x01020304,
    windowScale: 7,
  });
});

it.each<[string, Uint8Array, number]>([
  ['of nineteen bytes', SYN.slice(0, 19), Tcp.Malformed.SHORT],
  ['with a header of four words', hex(`${'00'.repeat(12)} 40 ${'00'.repeat(7)}`), Tcp.Malformed.HEADER_LENGTH],
  ['whose header is longer than it', SYN.slice(0, 39), Tcp.Malformed.HEADER_LENGTH],
])('refuses a segment %s', (_what, b, why) => {
  expect(Tcp.check(b, 0, b.length)).toBe(why);
});

it('survives any bytes, options included', () => {
  const options = Options.blank();
  fc.assert(
    fc.property(hostile(SYN), (s) => {
      const b = guarded(s);
      if (Tcp.check(b, s.at, s.end) !== Tcp.Malformed.NO) return;
      Tcp.verify(b, s.at, s.end, 0);
      Options.read(b, s.at, options);
      expect(options.windowScale).toBeLessThanOrEqual(Options.MAX_WINDOW_SCALE);
      expect(options.sackRanges).toBeLessThanOrEqual(4);
    }),
    { numRuns: 2_000 },
  );
});

it('gives back what was emitted, with a sum that fails on any flipped bit', () => {
  const fields = fc.record({ src: u16, dst: u16, seq: i32, ack: i32, flags: fc.nat(255), window: u16 });
  fc.assert(
    fc.property(spot(60), fields, u16, fc.nat(59), fc.nat(7), (s, f, pseudo, byte, bit) => {
      const b = guarded(s);
      Tcp.emit(b, s.at, f.src, f.dst, f.seq, f.ack, 32, f.flags, f.window);
      Tcp.setSum(b, s.at, finish(sum(b, s.at, s.end, pseudo)));
      expect(Tcp.check(b, s.at, s.end)).toBe(Tcp.Malformed.NO);
      expect([Tcp.srcPort(b, s.at), Tcp.dstPort(b, s.at), Tcp.seq(b, s.at), Tcp.ack(b, s.at)]).toEqual([
        f.src,
        f.dst,
        f.seq,
        f.ack,
      ]);
      expect([Tcp.flags(b, s.at), Tcp.window(b, s.at), Tcp.headerLength(b, s.at), Tcp.urgent(b, s.at)]).toEqual([
        f.flags,
        f.window,
        32,
        0,
      ]);
      expect(Tcp.verify(b, s.at, s.end, pseudo)).toBe(true);
      b[s.at + byte] = b[s.at + byte]! ^ (1 << bit);
      expect(Tcp.verify(b, s.at, s.end, pseudo)).toBe(false);
    }),
  );
});

describe('options', () => {
  /** A header with these options, padded with ends of the list. */
  const read = (options: string): Options.TcpOptions => {
    const bytes = hex(options);
    const b = new Uint8Array(Tcp.HEADER + Math.ceil(bytes.length / 4) * 4);
    Tcp.emit(b, 0, 1, 2, 3, 4, b.length, 0, 0);
    b.set(bytes, Tcp.HEADER);
    const out = Options.blank();
    Options.read(b, 0, out);
    return out;
  };

  it('none of an earlier segment are left', () => {
    const out = Options.blank();
    Options.read(SYN, 0, out);
    const plain = new Uint8Array(20);
    Tcp.emit(plain, 0, 1, 2, 3, 4, 20, 0, 0);
    Options.read(plain, 0, out);
    expect(out).toMatchObject({ mss: -1, windowScale: -1, sackPermitted: false, timestamps: false, sackRanges: 0 });
  });

  it('the shape of every segment of an open connection (RFC 7323 appendix A)', () => {
    expect(read('0101080a 11223344 55667788')).toMatchObject({
      timestamps: true,
      tsVal: 0x11223344,
      tsEcr: 0x55667788,
    });
  });

  it.each([
    ['a scale beyond 14 counts as 14 (RFC 7323 2.3)', '03 03 20', { windowScale: 14 }],
    ['an unknown option is stepped over', 'fe 04 0000 0204 0200', { mss: 512 }],
    ['an option of a wrong length is stepped over', '02 03 05 0303 07', { mss: -1, windowScale: 7 }],
    ['an option of length 0 ends the reading', '0204 0200 fe 00 0303 07', { mss: 512, windowScale: -1 }],
    ['one that goes beyond the header ends it', '0204 0200 fe 30 0303', { mss: 512, windowScale: -1 }],
    ['after the end of the list nothing counts', '00 0303 07', { windowScale: -1 }],
    ['SACK: pairs of edges', '0101 0512 00000001 00000002 00000003 00000004', { sackRanges: 2 }],
    ['SACK: half a pair is none', '0101 050e 00000001 00000002 00000003', { sackRanges: 0 }],
  ])('%s', (_what, options, expected) => {
    expect(read(options)).toMatchObject(expected);
  });

  it('read back what was emitted', () => {
    const all = fc.record({ mss: u16, scale: fc.nat(14), val: i32, ecr: i32 });
    fc.assert(
      fc.property(spot(60), all, (s, o) => {
        const b = guarded(s);
        let at = s.at + Tcp.HEADER;
        at = Options.emitMss(b, at, o.mss);
        at = Options.emitWindowScale(b, at, o.scale);
        at = Options.emitSackPermitted(b, at);
        at = Options.emitTimestamps(b, at, o.val, o.ecr);
        Tcp.emit(b, s.at, 1, 2, 3, 4, at - s.at, 0, 0);
        const out = Options.blank();
        Options.read(b, s.at, out);
        expect(out).toMatchObject({
          mss: o.mss,
          windowScale: o.scale,
          sackPermitted: true,
          tsVal: o.val,
          tsEcr: o.ecr,
        });
      }),
    );
  });

  it('SACK blocks read back', () => {
    fc.assert(
      fc.property(fc.array(i32, { minLength: 2, maxLength: 8 }), (edges) => {
        const ranges = edges.length >> 1;
        const b = new Uint8Array(60);
        const end = Options.emitSack(b, Tcp.HEADER, Int32Array.from(edges), ranges);
        Tcp.emit(b, 0, 1, 2, 3, 4, end, 0, 0);
        const out = Options.blank();
        Options.read(b, 0, out);
        expect([out.sackRanges, ...out.sack.slice(0, ranges * 2)]).toEqual([ranges, ...edges.slice(0, ranges * 2)]);
      }),
    );
  });
});
