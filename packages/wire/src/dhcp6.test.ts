import { expect, it } from 'vitest';
import * as Dhcp from './dhcp6.ts';

const { Option, Malformed } = Dhcp;
const opt = (code: number, ...v: readonly number[]): number[] => [0, code, v.length >> 8, v.length & 255, ...v];
const zeros = (n: number): number[] => new Array(n).fill(0);
const message = (...options: readonly number[]): Uint8Array => Uint8Array.from([3, 1, 2, 3, ...options]);
const check = (b: Uint8Array): number => Dhcp.check(b, 0, b.length);

it('options are found, also those within an association', () => {
  const ia = opt(
    Option.IA_NA,
    0,
    0,
    0,
    9,
    ...zeros(8),
    ...opt(Option.IAADDR, ...zeros(24)),
    ...opt(Option.IAADDR, ...zeros(24)),
  );
  const b = message(...opt(Option.REQUESTED, 0, 23, 0, 59), ...ia);
  const p = Dhcp.option(b, 0, b.length, Option.IA_NA);
  expect([check(b), Dhcp.type(b, 0), Dhcp.transaction(b, 0), Dhcp.iaid(b, p)]).toEqual([Malformed.NO, 3, 0x10203, 9]);
  const first = Dhcp.address(b, p);
  const second = Dhcp.address(b, p, first);
  expect([first, second, Dhcp.address(b, p, second)]).toEqual([28, 56, -1]);
  const isRequested = (code: number): boolean => Dhcp.isRequested(b, 0, b.length, code);
  expect([isRequested(23), isRequested(59), isRequested(24)]).toEqual([true, true, false]);
});

it.each<[string, number[]]>([
  ['half a header', [0, 1, 0]],
  ['more than there is', [0, 1, 0, 5, 1, 2]],
  ['an association without its times', opt(Option.IA_NA, 1, 2, 3, 4)],
  ['half an option within one', opt(Option.IA_NA, ...zeros(12), 0, 5, 0)],
  [
    'an address too long for its association',
    [...opt(Option.IA_NA, ...zeros(12), 0, 5, 0, 24, ...zeros(23)), ...zeros(9)],
  ],
  ['associations without end', opt(3, ...zeros(12), ...opt(3, ...zeros(12), ...opt(3, ...zeros(12))))],
])('%s is malformed', (_what, options) => {
  expect(check(message(...options))).toBe(Malformed.OPTIONS);
});

it('short ones, and those of relays', () => {
  expect([check(Uint8Array.of(1, 2, 3)), check(Uint8Array.of(12, ...zeros(33)))]).toEqual([
    Malformed.SHORT,
    Malformed.RELAYED,
  ]);
});

it('what has no room is not written', () => {
  const b = new Uint8Array(10);
  expect(Dhcp.emitBytes(b, 0, b.length, 1, new Uint8Array(7))).toBe(-1);
  expect(Dhcp.emit32(b, -1, b.length, 1, 5)).toBe(-1);
  expect(b).toEqual(new Uint8Array(10));
});
