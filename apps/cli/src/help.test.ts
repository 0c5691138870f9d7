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

it("the README's tables are the tables of options", async () => {
  const readme = new URL('../README.md', import.meta.url).pathname;
  const text = readFileSync(readme, 'utf8');
  const tables = [optionTable(TUNNEL_OPTIONS), optionTable()];
  const table = /^\| Option .*\n(\|.*\n)*/gm;
  expect(text.match(table)).toHaveLength(tables.length);
  const written = text.replaceAll(table, () => `${tables.shift()}\n`);
  await expect(written).toMatchFileSnapshot(readme); // vitest -u writes it
});
