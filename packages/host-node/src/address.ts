// Endpoints and the text that node:net and node:dgram use for addresses, IPv4 and IPv6.
import { isIPv6 } from 'node:net';
import type { Endpoint } from '@reslirp/stack/endpoint';
import { parse4 } from '@reslirp/wire/address';

/** The address alone, without the port. IPv6 is not compressed; the operating system does not mind. */
export function addressText(e: Endpoint): string {
  if (e.is4) return e.address();
  return [e.w0, e.w1, e.w2, e.w3].map((w) => `${(w >>> 16).toString(16)}:${(w & 0xffff).toString(16)}`).join(':');
}

/** Fills `e` from '192.0.2.1' or '2001:db8::1'; false when it is neither. A zone (fe80::1%eth0) is no part of it. */
export function fillAddress(e: Endpoint, text: string, port: number): boolean {
  const ip = parse4(text);
  if (ip !== null) e.set4(ip, port);
  else if (isIPv6(text) && !text.includes('%')) fill6(e, text, port);
  else return false;
  return true;
}

function fill6(e: Endpoint, text: string, port: number): void {
  const [head = '', tail = ''] = text.split('::');
  const first = groups(head);
  const last = groups(tail);
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => 0);
  const all = [...first, ...zeros, ...last];
  const word = (i: number): number => (all[i]! << 16) | all[i + 1]!;
  e.w0 = word(0);
  e.w1 = word(2);
  e.w2 = word(4);
  e.w3 = word(6);
  e.port = port;
}

/** 16-bit groups of one side of '::'; the last may be an IPv4 address (RFC 4291 2.2). */
function groups(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    const ip = parse4(group);
    return ip === null ? [Number.parseInt(group, 16)] : [ip >>> 16, ip & 0xffff];
  });
}
