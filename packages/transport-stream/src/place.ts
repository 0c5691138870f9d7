// Where a cable is listened for, or dialled to.
import { isIPv4, isIPv6 } from 'node:net';

export type Place =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** What sun_path holds with its last zero: Linux 108 bytes, others less. */
const LONGEST_PATH = 103;
const LABEL = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const NAME = new RegExp(`^(${LABEL}\\.)*${LABEL}\\.?$`);

/** 'unix:PATH', 'HOST:PORT' with IPv6 in brackets, or a port alone, which is this machine's. Null when it is none. */
export function parsePlace(text: string): Place | null {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    const fits = path !== '' && !path.includes('\0') && new TextEncoder().encode(path).length <= LONGEST_PATH;
    return fits ? { kind: 'unix', path } : null;
  }
  const colon = text.lastIndexOf(':');
  const port = portOf(text.slice(colon + 1));
  const host = colon < 0 ? '127.0.0.1' : hostOf(text.slice(0, colon));
  return port === null || host === null ? null : { kind: 'tcp', host, port };
}

/** As parsePlace() reads it. */
export function formatPlace(place: Place): string {
  if (place.kind === 'unix') return `unix:${place.path}`;
  return isIPv6(place.host) ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`;
}

/** Whether nobody but this machine's own users comes in there. A name that only may mean this machine does not count. */
export function isLoopback(place: Place): boolean {
  if (place.kind === 'unix') return true;
  const { host } = place;
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** 0, any free port, is one too: what it came to is told. */
function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : null;
}

function hostOf(text: string): string | null {
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1];
  if (bracketed !== undefined) return isIPv6(bracketed) ? bracketed : null;
  if (isIPv4(text)) return text;
  const looksNumeric = /^[\d.]+$/.test(text);
  return !looksNumeric && text.length <= 253 && NAME.test(text) ? text : null;
}
