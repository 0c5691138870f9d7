import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guarded, hostile, spot } from '../test/spot.ts';
import * as Tftp from './tftp.ts';

const { Malformed, Op } = Tftp;
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const WHOLE = bytes('\0\x01pxelinux.0\0OcTet\0blksize\x001468\0TSIZE\x000\0blksize\x008\0');

describe('a request', () => {
  it('is read where it stands', () => {
    const b = bytes(`xx${String.fromCharCode(...WHOLE)}yy`);
    const [at, end] = [2, 2 + WHOLE.length];
    expect(Tftp.check(b, at, end)).toBe(Malformed.NO);
    expect(Tftp.op(b, at)).toBe(Op.READ);
    expect(Tftp.isWord(b, Tftp.nameAt(at), end, 'pxelinux.0')).toBe(true);
    expect(Tftp.isWord(b, Tftp.modeAt(b, at, end), end, 'octet')).toBe(true);
    expect(Tftp.number(b, Tftp.option(b, at, end, 'blksize'), end)).toBe(1_468); // the first one
    expect(Tftp.number(b, Tftp.option(b, at, end, 'tsize'), end)).toBe(0);
    expect(Tftp.option(b, at, end, 'timeout')).toBe(-1);
  });

  it.each([
    ['', Malformed.SHORT],
    ['\0', Malformed.SHORT],
    ['\0\x00', Malformed.OPERATION],
    ['\0\x07', Malformed.OPERATION],
    ['\x01\x01', Malformed.OPERATION],
    ['\0\x01', Malformed.TEXT],
    ['\0\x02name', Malformed.TEXT],
    ['\0\x01name\0', Malformed.TEXT],
    ['\0\x01name\0octet', Malformed.TEXT],
    ['\0\x01name\0octet\0', Malformed.NO],
    ['\0\x01\0\0', Malformed.NO],
    ['\0\x03\0', Malformed.SHORT],
    ['\0\x04\0\x01', Malformed.NO],
    ['\0\x05\0\x01', Malformed.NO],
    ['\0\x06', Malformed.NO],
  ])('%j: %i', (text, why) => {
    expect(Tftp.check(bytes(text), 0, text.length)).toBe(why);
  });

  it.each([
    ['tsize', -1],
    ['tsize\0', -1],
    ['tsize\x000', -1],
    ['tsize\x000\0', 0],
    ['tsiz\x001\0tsize\x002\0', 2],
    ['tsizes\x001\0', -1],
    ['tsize\0\0', -1],
    ['tsize\x0012a\0', -1],
    ['tsize\x00-1\0', -1],
    ['tsize\x00999999999999999\0', 999_999_999_999_999],
    ['tsize\x001000000000000000\0', -1],
    ['\0\0tsize\x005\0', 5],
  ])('with the options %j has tsize %d', (options, value) => {
    const b = bytes(`\0\x01f\0octet\0${options}`);
    const at = Tftp.option(b, 0, b.length, 'tsize');
    expect(at < 0 ? -1 : Tftp.number(b, at, b.length)).toBe(value);
  });
});

it('what is written is read', () => {
  const name = fc.stringMatching(/^[a-z0-9/.]{0,30}$/);
  fc.assert(
    fc.property(spot(90), name, fc.nat(0xffff), fc.nat(99_999_999), ({ b, at, end }, file, block, size) => {
      const g = guarded({ b, at, end });
      let next = Tftp.emitRequest(g, at, end, Op.READ, file, 'octet');
      next = Tftp.emitOption(g, next, end, 'tsize', size);
      expect(Tftp.check(g, at, next)).toBe(Malformed.NO);
      expect(Tftp.isWord(g, Tftp.nameAt(at), next, file)).toBe(true);
      expect(Tftp.number(g, Tftp.option(g, at, next, 'tsize'), next)).toBe(size);
      for (const emit of [Tftp.emitData, Tftp.emitAck]) {
        expect(emit(g, at, block)).toBe(at + Tftp.HEADER);
        expect(Tftp.block(g, at)).toBe(block);
      }
      next = Tftp.emitOption(g, Tftp.emitOptions(g, at), end, 'blksize', size);
      expect(Tftp.number(g, Tftp.option(g, at, next, 'blksize'), next)).toBe(size);
      next = Tftp.emitError(g, at, end, Tftp.ErrorCode.ACCESS, file);
      expect([Tftp.errorCode(g, at), next]).toEqual([2, at + 4 + file.length + 1]);
    }),
  );
});

it('what does not fit is not written', () => {
  const b = new Uint8Array(20).fill(7);
  expect(Tftp.emitRequest(b, 0, 8, Op.READ, 'abc', 'octet')).toBe(-1);
  expect(Tftp.emitOption(b, -1, 20, 'tsize', 1)).toBe(-1);
  expect(Tftp.emitError(b, 0, 3, 1, '')).toBe(-1);
  expect(Tftp.emitError(b, 0, 6, 1, 'ab')).toBe(-1);
  expect(b.subarray(8)).toEqual(new Uint8Array(12).fill(7));
});

function readAll(b: Uint8Array, at: number, end: number): void {
  const op = Tftp.op(b, at);
  if (op === Op.DATA || op === Op.ACK || op === Op.ERROR) {
    Tftp.block(b, at);
    return;
  }
  if (op !== Op.OPTIONS) Tftp.isWord(b, Tftp.modeAt(b, at, end), end, 'octet');
  for (const name of ['blksize', 'tsize', 'x']) {
    const p = Tftp.option(b, at, end, name);
    if (p >= 0) expect(Tftp.number(b, p, end)).toBeLessThan(1e15);
  }
}

it('hostile bytes: nothing outside of them is read', () => {
  fc.assert(
    fc.property(hostile(WHOLE), ({ b, at, end }) => {
      const g = guarded({ b, at, end });
      if (Tftp.check(g, at, end) === Malformed.NO) readAll(g, at, end);
    }),
    { numRuns: 1_000 },
  );
});
