// The client's fully qualified name, RFC 4702: option 81.
//
//   0       1       2       3
//   +-------+-------+-------+----------
//   | flags | rcode1| rcode2| name ...        flags: 0 0 0 0 N E O S
//   +-------+-------+-------+----------
//
// The network's own nameserver is told by us, so we "update": S, and O where the client had wanted to do it itself (2.1). With N
// it wants no name to be known, and none is.
import { ascii } from './domain-name.ts';

const Flag = { S: 1, O: 2, E: 4, N: 8 } as const;
const HEADER = 3;
/** RFC 4702 2.2: rcodes that mean nothing. */
const NO_CODE = 255;
const MAX_LABEL = 63;
const ROOM = 255 - HEADER;

export interface Fqdn {
  readonly flags: number;
  /** As the client has it, perhaps of one label only; empty when it has none, or a malformed one. */
  readonly name: string;
}

/** The value [0, size) of option 81; null when it is too short. */
export function readFqdn(b: Uint8Array, size: number): Fqdn | null {
  if (size < HEADER) return null;
  const flags = b[0] ?? 0;
  return { flags, name: flags & Flag.E ? readWire(b, size) : String.fromCharCode(...b.subarray(HEADER, size)) };
}

/** Whether the client does not want its name to be known. */
export function isPrivate({ flags }: Fqdn): boolean {
  return (flags & Flag.N) !== 0;
}

/** The answer, in the encoding of the client (2.3). A name that has no room there is left out. */
export function answerFqdn({ flags }: Fqdn, name: string): Uint8Array {
  const encoding = flags & Flag.E;
  const said = flags & Flag.N ? Flag.N : Flag.S | (flags & Flag.S ? 0 : Flag.O);
  const value = encoding ? writeWire(name) : ascii(name);
  return Uint8Array.of(encoding | said, NO_CODE, NO_CODE, ...(value.length > ROOM ? [] : value));
}

/** Labels as of RFC 1035 3.1, without compression; one without the root at its end is a part of a name. */
function readWire(b: Uint8Array, size: number): string {
  const parts: string[] = [];
  let p = HEADER;
  while (p < size && b[p] !== 0) {
    const stop = p + 1 + (b[p] ?? 0);
    if ((b[p] ?? 0) > MAX_LABEL || stop > size) return '';
    parts.push(String.fromCharCode(...b.subarray(p + 1, stop)));
    p = stop;
  }
  return parts.join('.');
}

function writeWire(name: string): Uint8Array {
  if (name === '') return new Uint8Array(0);
  return Uint8Array.from([...name.split('.').flatMap((label) => [label.length, ...ascii(label)]), 0]);
}
