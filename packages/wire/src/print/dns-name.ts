// Domain names of RFC 1035 as text, compressed ones (4.1.4) too. A pointer is followed only to before the name that has it, so
// that every walk ends.
import { u8, u16 } from '../bytes.ts';
import { MAX_LABEL, MAX_NAME } from '../dns.ts';
import { escaped } from './writer.ts';

export interface Name {
  readonly text: string;
  /** Offset of the byte after it, where it stands; -1 when it is none. */
  readonly end: number;
}

const POINTER = 0xc0;
/** Of a name as text, every byte escaped. */
const LONGEST = 4 * MAX_NAME;
/** Of master files, RFC 1035 5.1; and blanks, that values have none. */
const SPECIAL = '."\\ ()';

/** The name at `p` of the message that begins at `at`. */
export function nameAt(b: Uint8Array, at: number, p: number, end: number): Name {
  let text = '';
  let after: number | null = null;
  for (let limit = p; text.length <= LONGEST; limit = p) {
    const stop = labelsEnd(b, p, Math.min(end, p + MAX_NAME));
    text += labels(b, p, stop);
    const what = stop < end ? u8(b, stop) : -1;
    if (what === 0) return { text: text || '.', end: after ?? stop + 1 };
    if (what < POINTER || stop + 2 > end) break;
    after ??= stop + 2;
    p = at + (u16(b, stop) & ~(POINTER << 8));
    if (p >= limit) return { text: `${text}<bad pointer>`, end: -1 };
  }
  return { text: `${text}<cut off>`, end: -1 };
}

/** Where labels end: at a zero, a pointer, or where one does not fit. */
function labelsEnd(b: Uint8Array, p: number, end: number): number {
  while (p < end && u8(b, p) > 0 && u8(b, p) <= MAX_LABEL && p + 1 + u8(b, p) < end) p += 1 + u8(b, p);
  return p;
}

function labels(b: Uint8Array, p: number, end: number): string {
  let text = '';
  for (; p < end; p += 1 + u8(b, p)) {
    for (let i = 1; i <= u8(b, p); i++) text += escaped(u8(b, p + i), SPECIAL);
    text += '.';
  }
  return text;
}
