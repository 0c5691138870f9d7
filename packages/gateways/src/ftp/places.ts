// Addresses and ports in what FTP says: RFC 959 4.1.2 and 4.2 (PORT, 227), RFC 2428 (EPRT, 229).
import { Endpoint } from '@reslirp/stack/endpoint';

const MOST_PORT = 0xffff;
const SIX = /\d{1,3}(?:,\d{1,3}){5}/;
/** <d>protocol<d>address<d>port<d>, of any delimiter from ! to ~. */
const EXTENDED = /^([!-~])([12])\1([0-9A-Fa-f:.]{2,45})\1(\d{1,5})\1$/;
/** (<d><d><d>port<d>) */
const PORT_ALONE = /\(([!-~])\1\1(\d{1,5})\1\)/;

/** 'h1,h2,h3,h4,p1,p2'; null when it is nothing of the kind. */
export function parseSix(text: string): Endpoint | null {
  if (SIX.exec(text)?.[0] !== text) return null;
  const [a, b, c, d, p, q] = text.split(',').map(Number) as [number, number, number, number, number, number];
  if (Math.max(a, b, c, d, p, q) > 0xff) return null;
  return Endpoint.of4((a << 24) | (b << 16) | (c << 8) | d, (p << 8) | q);
}

/** Of an IPv4 endpoint. */
export function formatSix(e: Endpoint): string {
  return `${e.address().replaceAll('.', ',')},${e.port >>> 8},${e.port & 0xff}`;
}

/** '|1|192.0.2.1|1025|' or '|2|2001:db8::1|1025|'. */
export function parseExtended(text: string): Endpoint | null {
  const [, , protocol, address, port] = EXTENDED.exec(text) ?? [];
  if (address === undefined || Number(port) > MOST_PORT) return null;
  const e = Endpoint.parse(address, Number(port));
  return e !== null && e.is4 === (protocol === '1') ? e : null;
}

export function formatExtended(e: Endpoint): string {
  return `|${e.is4 ? 1 : 2}|${e.address()}|${e.port}|`;
}

/** Where a reply 227 says to go; RFC 1123 4.1.2.6: whatever is around the six numbers. */
export function placeIn227(line: string): Endpoint | null {
  const six = SIX.exec(line.slice(4))?.[0];
  return six === undefined ? null : parseSix(six);
}

export function with227(line: string, e: Endpoint): string {
  return line.slice(0, 4) + line.slice(4).replace(SIX, formatSix(e));
}

/** The port in a reply 229; null when there is none. */
export function portIn229(line: string): number | null {
  const port = Number(PORT_ALONE.exec(line)?.[2] ?? 0);
  return port > 0 && port <= MOST_PORT ? port : null;
}

export function with229(line: string, port: number): string {
  return line.replace(PORT_ALONE, (_all, d: string) => `(${d}${d}${d}${port}${d})`);
}

/** What a command PORT or EPRT names, and how to say another place the same way; null when it is another command, or wrong. */
export function placeInCommand(line: string): { place: Endpoint; naming: (e: Endpoint) => string } | null {
  const [, verb, argument] = /^(PORT|EPRT) +(\S+) *$/i.exec(line) ?? [];
  if (verb === undefined || argument === undefined) return null;
  const isPort = verb.toUpperCase() === 'PORT';
  const place = isPort ? parseSix(argument) : parseExtended(argument);
  if (place === null) return null;
  return { place, naming: (e) => `${verb} ${isPort ? formatSix(e) : formatExtended(e)}` };
}
