// Domain search list, RFC 3397: the value of option 119.
//
// Names follow each other in the form of RFC 1035 3.1, compressed over the whole list (4.1.4): a tail that stands earlier
// becomes a pointer to it. Offsets count from the first byte of the value, as if it had never been cut into options of
// 255 bytes; who writes it to a message does the cutting. The order is the order of the search, so it is kept.
import { ascii, labels } from './domain-name.ts';

const POINTER = 0xc000;
/** A pointer has 14 bits; a tail that lies further on is written out again. */
const REACH = 0x3fff;

/** The encoded list; empty for an empty list. Throws ConfigError, with `field` and the index of the wrong name. */
export function encodeSearchList(field: string, names: readonly string[]): Uint8Array {
  const bytes: number[] = [];
  const offsets = new Map<string, number>();
  names.forEach((name, i) => {
    append(bytes, offsets, labels(`${field}[${i}]`, name));
  });
  return Uint8Array.from(bytes);
}

function append(bytes: number[], offsets: Map<string, number>, name: readonly string[]): void {
  for (let i = 0; i < name.length; i++) {
    // Case is kept as it was written, so only tails that are equal byte by byte are shared.
    const tail = name.slice(i).join('.');
    const seen = offsets.get(tail);
    if (seen !== undefined) {
      bytes.push((POINTER | seen) >>> 8, seen & 0xff);
      return;
    }
    if (bytes.length <= REACH) offsets.set(tail, bytes.length);
    const label = ascii(name[i] ?? '');
    bytes.push(label.length, ...label);
  }
  bytes.push(0);
}
