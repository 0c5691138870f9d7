// Text and numbers of addresses. For configuration and printing only: the one file here that allocates.
// IPv4 addresses are int32, IPv6 addresses 16 bytes, MAC addresses 6. Whatever is not exactly an address is refused.
import { put8, put16, u8, u16 } from './bytes.ts';

const MAC = 6;
const GROUPS = 8;

/** '10.0.2.15' as int32; null for anything but four decimal octets (no shorthand, no octal). */
export function parse4(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let ip = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    ip = (ip << 8) | Number(part);
  }
  return ip;
}

export function format4(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

/** '10.0.2.0/24'; null when either half is wrong. Bits behind the prefix are left as they were written. */
export function parseCidr4(text: string): { address: number; prefix: number } | null {
  const slash = text.indexOf('/');
  if (slash < 0) return null;
  const address = parse4(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (address === null || !/^(0|[1-9]\d?)$/.test(bits) || Number(bits) > 32) return null;
  return { address, prefix: Number(bits) };
}

/** The mask of a prefix of 0 to 32 bits. */
export function mask4(prefix: number): number {
  return prefix === 0 ? 0 : -1 << (32 - prefix);
}

/**
 * Writes the address that RFC 4291 2.2 spells as `text` to to[at .. at + 16), and says whether it is one. Nothing is written
 * when not. A zone ('%eth0') is refused: it names an interface of one host, and has no place in a packet.
 */
export function parse6(text: string, to: Uint8Array, at: number): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const head = groups(halves[0] ?? '', halves.length === 1);
  const tail = groups(halves[1] ?? '', true);
  if (head === null || tail === null) return false;
  const zeros = GROUPS - head.length - tail.length;
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return false;
  const all = [...head, ...new Array<number>(zeros).fill(0), ...tail];
  all.forEach((group, i) => {
    put16(to, at + 2 * i, group);
  });
  return true;
}

/** The 16-bit groups of one side of '::'; null when malformed. Only the end of an address may be dotted. */
function groups(text: string, last: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const all: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) all.push(Number.parseInt(part, 16));
    else {
      const ip = last && i === parts.length - 1 ? parse4(part) : null;
      if (ip === null) return null;
      all.push(ip >>> 16, ip & 0xffff);
    }
  }
  return all;
}

/** The one spelling of RFC 5952: lower case, '::' for the first longest run of two or more zero groups, mapped IPv4 dotted. */
export function format6(b: Uint8Array, at: number): string {
  const all = Array.from({ length: GROUPS }, (_, i) => u16(b, at + 2 * i));
  if (all.slice(0, 5).every((group) => group === 0) && all[5] === 0xffff) {
    return `::ffff:${u8(b, at + 12)}.${u8(b, at + 13)}.${u8(b, at + 14)}.${u8(b, at + 15)}`;
  }
  let from = 0;
  let longest = 1;
  for (let i = 0; i < GROUPS; i++) {
    let run = 0;
    while (all[i + run] === 0) run++;
    if (run > longest) [from, longest] = [i, run];
  }
  const hex = all.map((group) => group.toString(16));
  if (longest === 1) return hex.join(':');
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + longest).join(':')}`;
}

/** Writes '52:55:0a:00:02:02' (or with '-') to to[at .. at + 6), and says whether it is one. Nothing is written when not. */
export function parseMac(text: string, to: Uint8Array, at: number): boolean {
  if (!/^[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}$/i.test(text)) return false;
  for (let i = 0; i < MAC; i++) put8(to, at + i, Number.parseInt(text.slice(3 * i, 3 * i + 2), 16));
  return true;
}

export function formatMac(b: Uint8Array, at: number): string {
  return Array.from({ length: MAC }, (_, i) =>
    u8(b, at + i)
      .toString(16)
      .padStart(2, '0'),
  ).join(':');
}
