import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guarded, hex, hostile, i32, spot, u16 } from '../test/spot.ts';
import * as Ipv6 from './ipv6.ts';

/** Hop-by-hop options, a routing header, the last of three fragments, and 8 bytes of UDP. */
const FRAGMENT = hex(`
  6 12 34567 0020 00 40 fe80000000000000 0000000000000001 ff020000000000000000000000000002
  2b 00 0104 00000000
  2c 00 0000 00000000
  11 00 0010 deadbeef
  0035 c350 0008 0000`);

/** A packet of `headers` (text of bytes), whose fixed header names `next`. */
function packet(next: number, headers: string): Uint8Array {
  const body = hex(headers);
  const b = new Uint8Array(Ipv6.HEADER + body.length);
  Ipv6.emit(b, 0, body.length, next, 64, 0, 0);
  b.set(body, Ipv6.HEADER);
  return b;
}

function walk(b: Uint8Array): { malformed: number; upper: Ipv6.Upper } {
  expect(Ipv6.check(b, 0, b.length)).toBe(Ipv6.Malformed.NO);
  const upper = Ipv6.blank();
  return { malformed: Ipv6.walk(b, 0, upper), upper };
}

describe('fixed header (RFC 8200 3)', () => {
  it('reads one', () => {
    const b = FRAGMENT;
    expect(Ipv6.check(b, 0, b.length)).toBe(Ipv6.Malformed.NO);
    expect([Ipv6.trafficClass(b, 0), Ipv6.flowLabel(b, 0), Ipv6.hopLimit(b, 0)]).toEqual([0x12, 0x34567, 64]);
    expect([Ipv6.next(b, 0), Ipv6.payloadLength(b, 0), Ipv6.end(b, 0)]).toEqual([Ipv6.Next.HOP_BY_HOP, 32, 72]);
    expect([Ipv6.isLinkLocal(b, Ipv6.SRC), Ipv6.isLinkLocal(b, Ipv6.DST)]).toEqual([true, false]);
    expect([Ipv6.isMulticast(b, Ipv6.SRC), Ipv6.isMulticast(b, Ipv6.DST)]).toEqual([false, true]);
  });

  it('gives back what was emitted', () => {
    fc.assert(
      fc.property(spot(60), fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(0xfffff), (s, next, hops, traffic, flow) => {
        const b = guarded(s);
        Ipv6.emit(b, s.at, 20, next, hops, traffic, flow);
        expect(Ipv6.check(b, s.at, s.end)).toBe(Ipv6.Malformed.NO);
        expect([Ipv6.next(b, s.at), Ipv6.hopLimit(b, s.at)]).toEqual([next, hops]);
        expect([Ipv6.trafficClass(b, s.at), Ipv6.flowLabel(b, s.at)]).toEqual([traffic, flow]);
        expect(Ipv6.end(b, s.at)).toBe(s.end);
      }),
    );
  });

  it.each<[string, Uint8Array, number]>([
    ['cut off', FRAGMENT.slice(0, 39), Ipv6.Malformed.SHORT],
    ['of version 4', Uint8Array.from([0x45, ...FRAGMENT.slice(1)]), Ipv6.Malformed.VERSION],
    ['longer than the frame', FRAGMENT.slice(0, 71), Ipv6.Malformed.LENGTH],
  ])('refuses a header %s', (_what, b, why) => {
    expect(Ipv6.check(b, 0, b.length)).toBe(why);
  });

  it('knows fe80::/10 from its neighbours', () => {
    const first = (text: string): boolean => Ipv6.isLinkLocal(hex(text), 0);
    expect(['fe7f', 'fe80', 'febf', 'fec0'].map(first)).toEqual([false, true, true, false]);
  });

  it('writes and compares addresses by every bit', () => {
    fc.assert(
      fc.property(spot(32), i32, i32, i32, i32, fc.nat(127), (s, w0, w1, w2, w3, bit) => {
        const b = guarded(s);
        const [one, two] = [s.at, s.at + Ipv6.ADDRESS];
        Ipv6.putAddress(b, one, w0, w1, w2, w3);
        Ipv6.putAddress(b, two, w0, w1, w2, w3);
        expect(Ipv6.sameAddress(b, one, b, two)).toBe(true);
        b[two + (bit >> 3)] = b[two + (bit >> 3)]! ^ (1 << (bit & 7));
        expect(Ipv6.sameAddress(b, one, b, two)).toBe(false);
      }),
    );
  });
});

describe('extension headers (RFC 8200 4)', () => {
  it('are stepped over, up to a fragment header', () => {
    const { malformed, upper } = walk(FRAGMENT);
    expect(malformed).toBe(Ipv6.Malformed.NO);
    expect(upper).toMatchObject({ protocol: Ipv6.Next.UDP, at: 64, namedAt: 56, fragment: 56 });
    const { fragment } = upper;
    expect([Ipv6.fragmentOffset(FRAGMENT, fragment), Ipv6.moreFragments(FRAGMENT, fragment)]).toEqual([16, false]);
    expect(Ipv6.fragmentId(FRAGMENT, fragment) >>> 0).toBe(0xdeadbeef);
  });

  it('none: the fixed header names the upper layer', () => {
    expect(walk(packet(Ipv6.Next.TCP, '00')).upper).toMatchObject({ protocol: 6, at: 40, namedAt: 6, fragment: -1 });
  });

  it('the first fragment is one, though its offset is 0', () => {
    const first = walk(packet(Ipv6.Next.FRAGMENT, '11 00 0001 00000001'));
    expect(first.upper).toMatchObject({ protocol: Ipv6.Next.UDP, at: 48, namedAt: 40, fragment: 40 });
  });

  it('an atomic fragment is a whole packet (RFC 6946)', () => {
    const atomic = walk(packet(Ipv6.Next.FRAGMENT, '11 00 0000 00000001'));
    expect(atomic.upper).toMatchObject({ protocol: Ipv6.Next.UDP, at: 48, namedAt: 40, fragment: -1 });
  });

  it('an authentication header counts in units of 4 (RFC 4302 2.2)', () => {
    const { upper } = walk(packet(Ipv6.Next.AUTHENTICATION, `06 04 0000 ${'00'.repeat(20)}`));
    expect(upper).toMatchObject({ protocol: Ipv6.Next.TCP, at: 64, namedAt: 40, fragment: -1 });
  });

  it.each<[string, Uint8Array, number]>([
    ['cut off', packet(Ipv6.Next.DESTINATION, '06 01 0000 00000000'), 40],
    ['of which only a part is there', packet(Ipv6.Next.DESTINATION, '06 00 0000'), 40],
    [
      'with hop-by-hop options elsewhere than first',
      packet(Ipv6.Next.DESTINATION, '00 00 0000 00000000 06 00 0000 00000000'),
      48,
    ],
    ['more than anybody sends', packet(Ipv6.Next.DESTINATION, '3c 00 0000 00000000'.repeat(9)), 40 + 8 * 8],
  ])('refuses headers %s', (_what, b, at) => {
    const { malformed, upper } = walk(b);
    expect([malformed, upper.at]).toEqual([Ipv6.Malformed.EXTENSION, at]);
  });

  it.each<[string, number, string, number, number]>([
    ['a known one: padding', Ipv6.Next.HOP_BY_HOP, '06 00 01 02 0000 00 00', Ipv6.Malformed.NO, 0],
    ['one to be skipped', Ipv6.Next.HOP_BY_HOP, '06 00 1e 02 0000 00 00', Ipv6.Malformed.NO, 0],
    ['one to be silent about', Ipv6.Next.DESTINATION, '06 00 5e 02 0000 00 00', Ipv6.Malformed.OPTION_SILENT, 42],
    ['one to be told', Ipv6.Next.DESTINATION, '06 00 00 9e 02 0000 00', Ipv6.Malformed.OPTION, 43],
    ['one to be told unless it was to a group', Ipv6.Next.DESTINATION, '06 00 de 02 0000 00 00', 7, 42],
    ['one that is cut off', Ipv6.Next.DESTINATION, '06 00 1e 05 0000 00 00', Ipv6.Malformed.EXTENSION, 0],
    ['one without a length', Ipv6.Next.DESTINATION, '06 00 00 00 00 00 00 1e', Ipv6.Malformed.EXTENSION, 0],
  ])('options (4.2): %s', (_what, next, options, why, problemAt) => {
    const { malformed, upper } = walk(packet(next, options));
    expect([malformed, upper.problemAt]).toEqual([why, problemAt]);
  });

  it('a routing header is stepped over when its way has ended (4.4)', () => {
    expect(walk(packet(Ipv6.Next.ROUTING, '06 00 04 00 00000000')).malformed).toBe(Ipv6.Malformed.NO);
    const { malformed, upper } = walk(packet(Ipv6.Next.ROUTING, '06 00 04 01 00000000'));
    expect([malformed, upper.problemAt]).toEqual([Ipv6.Malformed.ROUTING, 42]);
  });

  it('fragment headers come back as they were emitted', () => {
    fc.assert(
      fc.property(spot(8), u16, fc.boolean(), i32, (s, offset, more, id) => {
        const b = guarded(s);
        Ipv6.emitFragment(b, s.at, 17, offset & ~7, more, id);
        expect([Ipv6.fragmentOffset(b, s.at), Ipv6.moreFragments(b, s.at)]).toEqual([offset & ~7, more]);
        expect(Ipv6.fragmentId(b, s.at)).toBe(id);
      }),
    );
  });

  it('survives any bytes', () => {
    const upper = Ipv6.blank();
    fc.assert(
      fc.property(hostile(FRAGMENT), (s) => {
        const b = guarded(s);
        if (Ipv6.check(b, s.at, s.end) !== Ipv6.Malformed.NO) return;
        if (Ipv6.walk(b, s.at, upper) === Ipv6.Malformed.NO) expect(upper.at).toBeLessThanOrEqual(Ipv6.end(b, s.at));
      }),
      { numRuns: 500 },
    );
  });
});
