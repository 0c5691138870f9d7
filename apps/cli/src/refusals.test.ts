import { Level, Log } from '@reslirp/runtime';
import { expect, it } from 'vitest';
import { Refusals } from './refusals.ts';

function told(level: Level, act: (refusals: Refusals) => void): string[] {
  const lines: string[] = [];
  act(new Refusals(new Log(level, { writableLength: 0, write: (text) => lines.push(text.trimEnd()) })));
  return lines;
}

it('each reason once, and again when it has grown tenfold', () => {
  const lines = told(Level.WARN, (refusals) => {
    for (let i = 0; i < 150; i++) refusals.add('a', 'a wrong token');
    refusals.add('b', 'too many guests');
  });
  expect(lines).toEqual([
    'reslirp: warn: a: not let in: a wrong token',
    'reslirp: warn: a: not let in: a wrong token; 10 so far',
    'reslirp: warn: a: not let in: a wrong token; 100 so far',
    'reslirp: warn: b: not let in: too many guests',
  ]);
});

it('reasons that never repeat do not fill the memory, nor the log', () => {
  const lines = told(Level.WARN, (refusals) => {
    for (let i = 0; i < 1_000; i++) refusals.add('a', `no TLS: ${i}`);
  });
  expect(lines.length).toBeLessThan(70);
  expect(lines.at(-1)).toBe('reslirp: warn: a: not let in: for other reasons; 100 so far');
});
