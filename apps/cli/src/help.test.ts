import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { helpText, optionTable, tunnelHelp } from './help.ts';
import { OPTIONS, TUNNEL_OPTIONS } from './options.ts';

it.each([
  ['reslirp', helpText(), OPTIONS],
  ['reslirp tunnel', tunnelHelp(), TUNNEL_OPTIONS],
])('the help of %s names each option once, in lines that fit a screen', (_, text, options) => {
  const lines = text.split('\n');
  for (const { long } of options) {
    expect(lines.filter((line) => new RegExp(`^  (-., |    )--${long}( |$)`).test(line))).toHaveLength(1);
  }
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

it("the README's tables are the tables of options", () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\n${optionTable()}\n`);
  expect(readme).toContain(`\n${optionTable(TUNNEL_OPTIONS)}\n`);
});
