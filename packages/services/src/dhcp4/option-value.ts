// One option as people write it: '42=10.0.2.2', 'ntp-server=10.0.2.2', 'option:ntp-server,10.0.2.2', '252=0x0a', '3='.
//
// What is behind the '=' is read as the option's type says (option-table.ts). Bytes in hexadecimal are taken for every option.
// An option that is not in the table is a list of addresses where it looks like one, else text; a number alone says nothing
// about its size, and is refused. Nothing at all: the option is not sent, whatever the default.
import { ConfigError } from '@reslirp/stack';
import { mask4, parse4, parseCidr4 } from '@reslirp/wire/address';
import { ascii, labels } from './domain-name.ts';
import { codeOf, isReserved, kindOf, type OptionType } from './option-table.ts';
import { encodeSearchList } from './search-list.ts';

/** Of one value, bytes: the rest of a message of 1,500 is for the others. */
const LONGEST = 1_100;

export interface OptionValue {
  readonly code: number;
  /** Null: never sent. */
  readonly value: Uint8Array | null;
}

/** Throws ConfigError, whose field is `field`. */
export function parseOption(field: string, text: string): OptionValue {
  const [, key, rest] = /^(?:option:)?([^=,]+)[=,](.*)$/s.exec(text) ?? [];
  if (key === undefined || rest === undefined) {
    throw new ConfigError(field, `'${text}' is not an option such as 42=10.0.2.2 or ntp-server=10.0.2.2`);
  }
  const code = /^\d{1,3}$/.test(key) ? Number(key) : codeOf(key.toLowerCase());
  if (code === null) throw new ConfigError(field, `'${key}' is no option that is known by name: use its number`);
  if (code > 255) throw new ConfigError(field, `'${key}' is not the number of an option: 1 to 254`);
  if (isReserved(code)) throw new ConfigError(field, `option ${code} is the server's own to say`);
  if (rest === '') return { code, value: null };
  const value = rest.startsWith('0x') ? hex(rest.slice(2)) : encode(kindOf(code)?.type ?? guess(rest), field, rest);
  if (value === null) throw new ConfigError(field, `'${rest}' is not ${ACCEPTS[kindOf(code)?.type ?? 'bytes']}`);
  if (value.length > LONGEST) throw new ConfigError(field, `is longer than ${LONGEST} bytes`);
  return { code, value };
}

const ACCEPTS: Readonly<Record<OptionType, string>> = {
  address: 'an IPv4 address',
  addresses: 'a list of IPv4 addresses such as 10.0.2.2,10.0.2.3',
  pairs: 'a list of pairs of IPv4 addresses',
  text: 'text of ASCII characters',
  domain: 'a domain name',
  domains: 'a list of domain names',
  routes: 'a list of networks and routers such as 192.168.7.0/24,10.0.2.9',
  bool: '0 or 1',
  u8: 'a number from 0 to 255',
  u16: 'a number from 0 to 65535',
  u32: 'a number from 0 to 4294967295',
  i32: 'a number from -2147483648 to 2147483647',
  bytes: 'bytes such as 0x0a0b',
};

function guess(text: string): OptionType {
  if (addresses(text.split(',')) !== null) return 'addresses';
  return /^-?\d+$/.test(text) ? 'bytes' : 'text';
}

function encode(type: OptionType, field: string, text: string): Uint8Array | null {
  const parts = text.split(',');
  switch (type) {
    case 'address':
      return parts.length === 1 ? addresses(parts) : null;
    case 'addresses':
      return addresses(parts);
    case 'pairs':
      return parts.length % 2 === 0 ? addresses(parts) : null;
    case 'text':
      return /^[\x20-\x7e]+$/.test(text) ? ascii(text) : null;
    case 'domain':
      return ascii(labels(field, text).join('.'));
    case 'domains':
      return encodeSearchList(field, parts);
    case 'routes':
      return routes(parts);
    case 'bool':
      return number(text, 0, 1, 1);
    case 'u8':
      return number(text, 0, 0xff, 1);
    case 'u16':
      return number(text, 0, 0xffff, 2);
    case 'u32':
      return number(text, 0, 0xffffffff, 4);
    case 'i32':
      return number(text, -0x80000000, 0x7fffffff, 4);
    case 'bytes':
      return null;
  }
}

function hex(text: string): Uint8Array | null {
  const digits = text.replaceAll(':', '');
  if (!/^([0-9a-f]{2})+$/i.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function addresses(parts: readonly string[]): Uint8Array | null {
  const all = parts.map(parse4);
  return all.includes(null) ? null : Uint8Array.from(all.flatMap((ip) => bytesOf(ip ?? 0, 4)));
}

function number(text: string, least: number, most: number, size: number): Uint8Array | null {
  const n = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return n >= least && n <= most ? Uint8Array.from(bytesOf(n, size)) : null;
}

/** RFC 3442: the length of each prefix, as many bytes of it as count, and its router. */
function routes(parts: readonly string[]): Uint8Array | null {
  const all: number[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const to = parseCidr4(parts[i] ?? '');
    const router = parse4(parts[i + 1] ?? '');
    if (to === null || router === null || (to.address & ~mask4(to.prefix)) !== 0) return null;
    all.push(...route(to.address, to.prefix, router));
  }
  return Uint8Array.from(all);
}

function route(address: number, prefix: number, router: number): number[] {
  return [prefix, ...bytesOf(address, 4).slice(0, Math.ceil(prefix / 8)), ...bytesOf(router, 4)];
}

/** A route to everywhere. */
export function defaultRoute(router: number): Uint8Array {
  return Uint8Array.from(route(0, 0, router));
}

/** Whether a value of routes() has one to everywhere. */
export function hasDefaultRoute(value: Uint8Array): boolean {
  for (let p = 0; p < value.length; p += 5 + Math.ceil((value[p] ?? 0) / 8)) if (value[p] === 0) return true;
  return false;
}

function bytesOf(n: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => (n >>> (8 * (size - 1 - i))) & 0xff);
}
