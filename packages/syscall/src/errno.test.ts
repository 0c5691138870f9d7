import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { Errno, errorName } from './errno.ts';

const known: Readonly<Record<string, number>> = constants.errno;

test('numbers are those that Node was built with', () => {
  const shared = Object.entries(Errno).filter(([name]) => name in known);
  expect(shared.length).toBeGreaterThan(30);
  expect(shared).toEqual(shared.map(([name]) => [name, known[name]]));
});

test('no number has two names', () => {
  expect(new Set(Object.values(Errno)).size).toBe(Object.keys(Errno).length);
});

test.each([
  [11, 'EAGAIN'],
  [-11, 'EAGAIN'],
  [-111, 'ECONNREFUSED'],
  [-999, 'error 999'],
  [0, 'error 0'],
])('%i is %s', (code, name) => expect(errorName(code)).toBe(name));
