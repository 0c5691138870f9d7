// Names as text, RFC 1035 5.1: for tables, for people, and back to bytes; and those of addresses (3.5, RFC 3596 2.5).
import { Endpoint } from '@reslirp/stack/endpoint';

const DOT = 0x2e;
const BACKSLASH = 0x5c;
const IN_ADDR = '.in-addr.arpa';
const IP6 = '.ip6.arpa';

/** The uncompressed name at `p`, which was checked: in lower case, without the last dot, what is no text as \\DDD. */
export function nameText(b: Uint8Array, p: number): string {
  let text = '';
  for (let label = b[p]!; label > 0; label = b[p]!) {
    if (text !== '') text += '.';
    const end = p + 1 + label;
    for (p++; p < end; p++) text += character(b[p]!);
  }
  return text;
}

function character(c: number): string {
  if (c >= 0x41 && c <= 0x5a) return String.fromCharCode(c | 0x20);
  if (c > 0x20 && c < 0x7f && c !== DOT && c !== BACKSLASH) return String.fromCharCode(c);
  return `\\${String(c).padStart(3, '0')}`;
}

/** Whether it is `domain`, or below it. Both in lower case. */
export function isWithin(name: string, domain: string): boolean {
  return domain === '' || name === domain || name.endsWith(`.${domain}`);
}

/** Under which name an address is asked for. */
export function reverseName(e: Endpoint): string {
  if (e.is4) return `${e.address().split('.').reverse().join('.')}${IN_ADDR}`;
  const words = [e.w0, e.w1, e.w2, e.w3].map((w) => (w >>> 0).toString(16).padStart(8, '0'));
  return `${[...words.join('')].reverse().join('.')}${IP6}`;
}

/** The address that a name asks for; null when it asks for none. The port is 0. */
export function addressOfReverse(name: string): Endpoint | null {
  if (name.endsWith(IN_ADDR)) return Endpoint.parse(name.slice(0, -IN_ADDR.length).split('.').reverse().join('.'));
  if (!name.endsWith(IP6)) return null;
  const digits = name.slice(0, -IP6.length).split('.').reverse();
  if (digits.length !== 32 || !digits.every((d) => /^[0-9a-f]$/.test(d))) return null;
  return Endpoint.parse(digits.join('').replace(/.{4}(?=.)/g, '$&:'));
}

/** RFC 1035 2.3.4 and RFC 1123 2.1, with the underscore of services. In lower case, without the last dot; null: none. */
export function readName(text: string): string | null {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  const isName =
    name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return isName ? name : null;
}
