import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { helpText, optionTable } from './help.ts';
import { OPTIONS } from './options.ts';

it('the help names each option once, in lines that fit a screen', () => {
  const lines = helpText().split('\n');
  for (const { long } of OPTIONS) {
    expect(lines.filter((line) => new RegExp(`^  (-., |    )--${long}( |$)`).test(line))).toHaveLength(1);
  }
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

it("the README's table is the table of options", async () => {
  const readme = new URL('../README.md', import.meta.url).pathname;
  const text = readFileSync(readme, 'utf8');
  const table = /^\| Option .*\n(\|.*\n)*/m;
  expect(text).toMatch(table);
  await expect(text.replace(table, () => `${optionTable()}\n`)).toMatchFileSnapshot(readme); // vitest -u writes it
});
