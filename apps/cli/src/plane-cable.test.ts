import { expect, it } from 'vitest';
import { cableSettings } from './cable-settings.ts';
import { parse } from './parse.ts';
import { doubtOf, lastWords, planeCable } from './plane-cable.ts';

const of = (...args: string[]): ReturnType<typeof planeCable> => planeCable(cableSettings(parse(args))!);

const SWITCH = { kind: 'vde', name: 'vde:///a', place: { path: '/a', port: null }, reconnect: false } as const;

it("one switch, or one socket of packets, is the data plane's", () => {
  expect(of('--vde', '/a')).toEqual(SWITCH);
  expect(of('--vde', '/a', '--reconnect')).toEqual({ ...SWITCH, reconnect: true });
  expect(of('--listen', 'seqpacket:/a')).toEqual({ kind: 'door', path: '/a' });
});

it.each([
  [['--vde', '/a', '--vde', '/b']],
  [['--vde', '/a', '--listen', '0']],
  [['--vde', 'vxvde://']],
  [['--listen', '0']],
])('%j is not', (args) => {
  expect(of(...args)).toBeNull();
});

it('a switch that has gone is a fault, and a guest that has left is none', () => {
  expect(lastWords(SWITCH, null)).toBe('vde:///a: the switch has gone');
  expect(lastWords(SWITCH, 'there is no switch')).toBe('vde:///a: there is no switch');
  expect(lastWords({ kind: 'door', path: '/a' }, '/a: in use')).toBe('seqpacket:/a: in use');
  expect(lastWords({ kind: 'stdio', input: 0, output: 1, longestFrame: 1 }, null)).toBeNull();
});

it('packets that a switch cuts off are a doubt', () => {
  expect(doubtOf(SWITCH, 1_504)).toBeNull();
  expect(doubtOf(SWITCH, 1_505)).toContain('--if-mtu is 1505');
  expect(doubtOf({ kind: 'door', path: '/a' }, 9_000)).toBeNull();
});
