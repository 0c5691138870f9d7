import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guarded, hex, hostile, i32, spot } from '../test/spot.ts';
import * as Dhcp4 from './dhcp4.ts';

const { Option } = Dhcp4;
const MAC = hex('52540012 3456');

/** A message with `options` (text of bytes) in its own field, in `file` and in `sname`. */
function message(options: string, file: string = '', sname: string = ''): Uint8Array {
  const own = hex(options);
  const b = new Uint8Array(Dhcp4.HEADER + own.length);
  Dhcp4.emit(b, 0, Dhcp4.Op.REQUEST, 0x1234, false, 0, 0, 0, 0, MAC, 0);
  b.set(own, Dhcp4.HEADER);
  b.set(hex(file), Dhcp4.FILE);
  b.set(hex(sname), Dhcp4.SNAME);
  return b;
}

/** All that copyOption() gives; null for -1. */
function joined(b: Uint8Array, code: number, room: number = 600): Uint8Array | null {
  const to = new Uint8Array(room);
  const end = Dhcp4.copyOption(b, 0, b.length, code, to, 0, room);
  return end < 0 ? null : to.slice(0, end);
}

describe('fixed fields', () => {
  it('come back as they were emitted', () => {
    fc.assert(
      fc.property(spot(Dhcp4.HEADER), i32, fc.boolean(), i32, i32, i32, i32, (s, xid, broadcast, ci, yi, si, gi) => {
        const b = guarded(s);
        expect(Dhcp4.emit(b, s.at, Dhcp4.Op.REPLY, xid, broadcast, ci, yi, si, gi, MAC, 0)).toBe(s.end);
        expect(Dhcp4.check(b, s.at, s.end)).toBe(Dhcp4.Malformed.NO);
        expect([Dhcp4.op(b, s.at), Dhcp4.xid(b, s.at), Dhcp4.isBroadcast(b, s.at)]).toEqual([2, xid, broadcast]);
        expect([Dhcp4.ciaddr, Dhcp4.yiaddr, Dhcp4.siaddr, Dhcp4.giaddr].map((read) => read(b, s.at))).toEqual([
          ci,
          yi,
          si,
          gi,
        ]);
        expect([Dhcp4.hardwareType(b, s.at), Dhcp4.hardwareLength(b, s.at), Dhcp4.secs(b, s.at)]).toEqual([1, 6, 0]);
        expect(s.b.slice(s.at + Dhcp4.CHADDR, s.at + Dhcp4.SNAME)).toEqual(
          Uint8Array.from([...MAC, ...Array(10).fill(0)]),
        );
      }),
    );
  });

  it.each<[string, (b: Uint8Array) => Uint8Array, number]>([
    ['cut off', (b) => b.slice(0, 239), Dhcp4.Malformed.SHORT],
    ['with an address of 17 bytes', (b) => b.fill(17, 2, 3), Dhcp4.Malformed.HARDWARE],
    ['without the cookie (RFC 951)', (b) => b.fill(0, 236, 240), Dhcp4.Malformed.COOKIE],
  ])('refuses a message %s', (_what, spoil, why) => {
    const b = spoil(message('ff'));
    expect(Dhcp4.check(b, 0, b.length)).toBe(why);
  });
});

describe('options (RFC 2132)', () => {
  const b = message('00 00 35 01 03 32 04 0a00020f 39 02 05dc ff 0c 01 78');

  it('are found behind padding, and not behind END', () => {
    expect(Dhcp4.messageType(b, 0, b.length)).toBe(Dhcp4.Message.REQUEST);
    expect(Dhcp4.option32(b, 0, b.length, Option.REQUESTED_IP, 7)).toBe(0x0a00020f);
    expect(Dhcp4.option16(b, 0, b.length, Option.MAX_SIZE, 7)).toBe(1500);
    expect(Dhcp4.option(b, 0, b.length, Option.HOST_NAME)).toBe(-1);
  });

  it('of another length than theirs count as absent', () => {
    expect(Dhcp4.option32(b, 0, b.length, Option.MAX_SIZE, 7)).toBe(7);
    expect(Dhcp4.option16(b, 0, b.length, Option.REQUESTED_IP, 7)).toBe(7);
    expect(Dhcp4.messageType(message('35 02 0303'), 0, 244)).toBe(0);
  });

  it('cut off: none, nor any behind it', () => {
    for (const cut of ['32 04 0a0002', '32', '0c ff 35 01 03']) {
      const m = message(cut);
      expect(Dhcp4.option(m, 0, m.length, Option.REQUESTED_IP)).toBe(-1);
      expect(Dhcp4.messageType(m, 0, m.length)).toBe(0);
    }
  });

  it.each<[string, number, string]>([
    ['1: in file', 1, '0a'],
    ['2: in sname', 2, '0b'],
    ['3: in both, file first', 3, '0a 0b'],
    ['0: in neither', 0, ''],
  ])('go on elsewhere when option 52 is %s (RFC 2131 4.1)', (_where, overload, value) => {
    const m = message(`34 01 0${overload}`, '0c 01 0a ff', '0c 01 0b ff');
    expect(joined(m, Option.HOST_NAME)).toEqual(value === '' ? null : hex(value));
    expect(Dhcp4.option(m, 0, m.length, Option.HOST_NAME) >= 0).toBe(value !== '');
  });

  it('are joined from all their pieces, or not at all (RFC 3396)', () => {
    const m = message('77 02 0102 0c 01 78 77 01 03 ff');
    expect(joined(m, Option.DOMAIN_SEARCH)).toEqual(hex('010203'));
    expect(joined(m, Option.DOMAIN_SEARCH, 3)).toEqual(hex('010203'));
    expect(joined(m, Option.DOMAIN_SEARCH, 2)).toBeNull();
    expect(joined(m, Option.NTP)).toBeNull();
  });

  it('of any length come back as they were emitted, in pieces of 255', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 800 }), fc.nat(900), (value, room) => {
        const m = new Uint8Array(Dhcp4.HEADER + room + 1);
        const start = Dhcp4.emit(m, 0, Dhcp4.Op.REPLY, 0, false, 0, 0, 0, 0, MAC, 0);
        const s = { b: m, at: 0, end: m.length };
        const next = Dhcp4.emitBytes(guarded(s), start, m.length, Option.DOMAIN_SEARCH, value, 0, value.length);
        const pieces = Math.max(1, Math.ceil(value.length / 255));
        if (value.length + 2 * pieces > room + 1) {
          expect(next).toBe(-1);
          expect(m.subarray(start).every((byte) => byte === 0)).toBe(true);
        } else {
          expect(next).toBe(start + value.length + 2 * pieces);
          expect(joined(m, Option.DOMAIN_SEARCH, 900)).toEqual(value);
        }
      }),
    );
  });

  it('a chain of emitters is checked once, at its end', () => {
    const m = new Uint8Array(Dhcp4.HEADER + 60);
    const write = (end: number): number => {
      let next: number = Dhcp4.HEADER;
      next = Dhcp4.emit8(m, next, end, Option.MESSAGE_TYPE, 2);
      next = Dhcp4.emit16(m, next, end, Option.MTU, 1500);
      next = Dhcp4.emit32(m, next, end, Option.SERVER_ID, 0x0a000202);
      next = Dhcp4.emitAddresses(m, next, end, Option.DNS, [1, -1]);
      return Dhcp4.emitEnd(m, 0, next, m.length);
    };
    expect(write(m.length)).toBe(Dhcp4.MIN_MESSAGE);
    const end = m.length;
    expect(Dhcp4.messageType(m, 0, end)).toBe(Dhcp4.Message.OFFER);
    expect(Dhcp4.option16(m, 0, end, Option.MTU, 0)).toBe(1500);
    expect(Dhcp4.option32(m, 0, end, Option.SERVER_ID, 0)).toBe(0x0a000202);
    expect(joined(m, Option.DNS)).toEqual(hex('00000001 ffffffff'));
    expect(m.subarray(Dhcp4.HEADER + 23).every((byte, i) => byte === (i === 0 ? Option.END : Option.PAD))).toBe(true);
    for (const tooSmall of [2, 6, 12, 22]) expect(write(Dhcp4.HEADER + tooSmall)).toBe(-1);
    expect(Dhcp4.emitAddresses(m, 0, 300, Option.DNS, Array<number>(64).fill(1))).toBe(-1);
  });

  it('a message of exactly the least size has room for END and nothing else', () => {
    const m = new Uint8Array(Dhcp4.MIN_MESSAGE);
    expect(Dhcp4.emitEnd(m, 0, 299, 300)).toBe(300);
    expect(m[299]).toBe(Option.END);
    expect([Dhcp4.emitEnd(m, 0, 300, 300), Dhcp4.emitEnd(m, 0, 240, 299)]).toEqual([-1, -1]);
  });
});

it('survives any bytes', () => {
  const valid = message('35 01 03 34 01 03 32 04 0a00020f 3d 07 01525400123456 ff', '0c 02 7878 ff', '0c 01 78 ff');
  const to = new Uint8Array(400);
  fc.assert(
    fc.property(hostile(valid), fc.constantFrom(...Object.values(Option)), (s, code) => {
      const b = guarded(s);
      if (Dhcp4.check(b, s.at, s.end) !== Dhcp4.Malformed.NO) return;
      const p = Dhcp4.option(b, s.at, s.end, code);
      if (p >= 0) for (let i = 0; i <= b[p]!; i++) b[p + i];
      Dhcp4.copyOption(b, s.at, s.end, code, to, 0, to.length);
      Dhcp4.messageType(b, s.at, s.end);
    }),
    { numRuns: 500 },
  );
});
