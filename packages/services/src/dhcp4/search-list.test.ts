import * as Dhcp from '@reslirp/wire/dhcp4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSearchList } from './search-list.ts';

/** RFC 1035 4.1.4, as a client reads it: names in order. */
function decode(b: Uint8Array): string[] {
  const names: string[] = [];
  let p = 0;
  while (p < b.length) {
    const { labels, next } = decodeName(b, p);
    names.push(labels.join('.'));
    p = next;
  }
  return names;
}

/** Throws on a pointer that does not point back. */
function decodeName(b: Uint8Array, at: number): { labels: string[]; next: number } {
  const n = b[at]!;
  if (n === 0) return { labels: [], next: at + 1 };
  if (n >= 0xc0) {
    const target = ((n & 0x3f) << 8) | b[at + 1]!;
    if (target >= at) throw new Error(`a pointer forward: ${at} to ${target}`);
    return { labels: decodeName(b, target).labels, next: at + 2 };
  }
  const label = String.fromCharCode(...b.subarray(at + 1, at + 1 + n));
  const rest = decodeName(b, at + 1 + n);
  return { labels: [label, ...rest.labels], next: rest.next };
}

function bytes(...parts: (string | number)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((p) => (typeof p === 'number' ? [p] : [...p].map((c) => c.charCodeAt(0)))));
}

describe('compression', () => {
  it('is that of the example in RFC 3397 2', () => {
    const example = bytes(3, 'eng', 5, 'apple', 3, 'com', 0, 9, 'marketing', 0xc0, 0x04);
    expect(encodeSearchList('search', ['eng.apple.com.', 'marketing.apple.com.'])).toEqual(example);
  });

  it.each<[string, string[], Uint8Array]>([
    ['of nothing', [], bytes()],
    ['of one name', ['a.b'], bytes(1, 'a', 1, 'b', 0)],
    ['of a whole name', ['a.b', 'a.b'], bytes(1, 'a', 1, 'b', 0, 0xc0, 0)],
    ['of a name that is another one’s tail', ['a.b', 'b'], bytes(1, 'a', 1, 'b', 0, 0xc0, 2)],
    ['not of a beginning', ['b', 'a.b', 'b.a'], bytes(1, 'b', 0, 1, 'a', 0xc0, 0, 1, 'b', 1, 'a', 0)],
    ['not across cases', ['a.B', 'c.b'], bytes(1, 'a', 1, 'B', 0, 1, 'c', 1, 'b', 0)],
  ])('%s', (_what, list, encoded) => {
    expect(encodeSearchList('search', list)).toEqual(encoded);
  });

  it('points no further than 14 bits reach', () => {
    const filler = Array.from({ length: 1_500 }, (_, i) => `label-${i}.t${i}`);
    const list = [...filler, 'tail.example', 'x.tail.example'];
    expect(decode(encodeSearchList('search', list))).toEqual(list);
  });
});

const label = fc.stringMatching(/^[a-c-]{1,4}$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));

it('a client reads the list that was written, through options of 255 bytes', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), (list) => {
      const value = encodeSearchList('search', list);
      const message = new Uint8Array(4_096);
      const after = Dhcp.emitBytes(message, Dhcp.HEADER, message.length, 119, value, 0, value.length);
      Dhcp.emitEnd(message, 0, after, message.length);
      const joined = new Uint8Array(4_096);
      const size = Dhcp.copyOption(message, 0, message.length, 119, joined, 0, joined.length);
      expect(decode(joined.subarray(0, size))).toEqual(list);
    }),
  );
});
