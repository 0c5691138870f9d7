import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LineEditor, LineFilter, LONGEST } from './line-filter.ts';
import { mayBegin } from './prefixes.ts';

/** 'PORT x' becomes 'PORT <xx>', once settle() is called; other lines stay. */
class Doubling implements LineEditor {
  readonly waiting: (() => void)[] = [];
  readonly late: boolean;

  constructor(late: boolean) {
    this.late = late;
  }

  mayConcern(b: Uint8Array, size: number): boolean {
    return mayBegin(['PORT '], b, size);
  }

  edit(line: string, settle: (line: string | null) => void): void {
    const answer = (): void => settle(line.length > 400 ? null : `PORT <${line.slice(5)}${line.slice(5)}>`);
    if (this.late) this.waiting.push(answer);
    else answer();
  }
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** What comes out of `text` that is cut at `cuts`, when at most `most` bytes leave at once. */
function through(text: string, cuts: readonly number[], late: boolean, most: number): string {
  const editor = new Doubling(late);
  let out = '';
  const filter = new LineFilter(editor, () => {});
  const leave = (): void => {
    while (filter.at < filter.end) {
      const n = Math.min(most, filter.end - filter.at);
      out += String.fromCharCode(...filter.bytes.subarray(filter.at, filter.at + n));
      filter.left(n);
    }
  };
  const b = bytes(text);
  const edges = [...cuts.map((cut) => cut % (b.length + 1)), b.length].sort((x, y) => x - y);
  let at = 0;
  for (const edge of edges) {
    while (at < edge) {
      at += filter.push(b, at, edge);
      leave();
      editor.waiting.shift()?.();
      leave();
    }
  }
  filter.finish();
  leave();
  return out;
}

const line = fc.oneof(
  fc.constantFrom(
    'PORT 1\r\n',
    'port 2\n',
    'PORT 3',
    'POR',
    '\r\n',
    '\n',
    'PORT \r',
    'PORT \n',
    '\xff\xf4\xff\xf2PORT 4\r\n',
  ),
  fc.string({ maxLength: 40 }).map((text) => `${text}\r\n`),
  fc.integer({ min: LONGEST - 8, max: LONGEST + 8 }).map((n) => `PORT ${'x'.repeat(n)}\r\n`),
  fc.integer({ min: 1, max: 9_000 }).map((n) => 'y'.repeat(n)),
);
const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('').replace(/[^\0-\xff]/g, '?'));

describe('LineFilter', () => {
  test('however the stream is cut, the same comes out', () => {
    fc.assert(
      fc.property(
        text,
        fc.array(fc.nat(20_000), { maxLength: 20 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 5_000 }),
        (t, cuts, late, most) => {
          expect(through(t, cuts, late, most)).toBe(through(t, [], false, Infinity));
        },
      ),
    );
  });

  test('what is changed, and nothing else', () => {
    expect(through('USER x\r\nPORT 1\r\n PORT 2\r\nport 3\nPORT 4', [], false, Infinity)).toBe(
      'USER x\r\nPORT <11>\r\n PORT 2\r\nPORT <33>\nPORT 4',
    );
  });

  test('a line that is too long goes as it is', () => {
    const long = `PORT ${'x'.repeat(LONGEST)}\r\nPORT 1\r\n`;
    expect(through(long, [], true, 7)).toBe(long.replace('PORT 1', 'PORT <11>'));
  });

  test('bytes that cannot concern it are not held', () => {
    const filter = new LineFilter(new Doubling(false), () => {});
    expect(filter.push(bytes('POST'), 0, 4)).toBe(4);
    expect(String.fromCharCode(...filter.bytes.subarray(filter.at, filter.end))).toBe('POST');
  });

  test('nothing moves behind a line that is with its editor; its late answer is told', () => {
    let told = 0;
    const editor = new Doubling(true);
    const filter = new LineFilter(editor, () => told++);
    const b = bytes('PORT 1\r\nNOOP\r\n');
    expect(filter.push(b, 0, b.length)).toBe(8);
    expect([filter.push(b, 8, b.length), filter.waiting, filter.end]).toEqual([0, true, 0]);
    editor.waiting[0]!();
    editor.waiting[0]!(); // once is enough
    expect([filter.push(b, 8, b.length), told, filter.waiting]).toEqual([6, 1, false]);
  });
});
