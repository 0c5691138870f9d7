import { expect, it } from 'vitest';
import * as Ncsi from './ncsi.ts';

/** GET VERSION of package 1, channel 2, with a payload of three bytes. */
function request(sum: number): Uint8Array {
  const b = Uint8Array.from([0, 1, 0, 7, 0x15, 0x22, 0xf0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0]);
  new DataView(b.buffer).setUint32(20, sum);
  return b;
}
/** 0x0001 + 0x0007 + 0x1522 + 0xf003 + 0x0102 + 0x0300, negated. */
const SUM = 2 ** 32 - 0x1_092f;

it('a request is read, its checksum looked at where there is one', () => {
  const b = request(SUM);
  expect(Ncsi.check(b, 0, 24)).toBe(Ncsi.Malformed.NO);
  expect([Ncsi.type(b, 0), Ncsi.id(b, 0), Ncsi.packageId(b, 0), Ncsi.channel(b, 0), Ncsi.length(b, 0)]).toEqual([
    0x15, 7, 1, 2, 3,
  ]);
  expect(Ncsi.check(request(0), 0, 24)).toBe(Ncsi.Malformed.NO);
  expect(Ncsi.check(request(SUM), 0, 20)).toBe(Ncsi.Malformed.NO);
  expect(Ncsi.check(request(5), 0, 24)).toBe(Ncsi.Malformed.CHECKSUM);
  expect(Ncsi.check(b, 0, 18)).toBe(Ncsi.Malformed.SHORT);
  b[1] = 2;
  expect(Ncsi.check(b, 0, 24)).toBe(Ncsi.Malformed.REVISION);
});

it('a response has the ids of its request, and a checksum of its own', () => {
  const b = new Uint8Array(40).fill(0xee);
  b.fill(0, 16, 24);
  expect(Ncsi.emitResponse(b, 0, request(SUM), 0, 8, 3, 0x7fff)).toBe(28);
  expect([...b.subarray(0, 24)]).toEqual([
    0,
    1,
    0,
    7,
    0x95,
    0x22,
    0,
    8,
    ...new Array(8).fill(0),
    0,
    3,
    0x7f,
    0xff,
    0,
    0,
    0,
    0,
  ]);
  expect([Ncsi.check(b, 0, 28), Ncsi.isResponse(b, 0)]).toEqual([Ncsi.Malformed.NO, true]);
});
