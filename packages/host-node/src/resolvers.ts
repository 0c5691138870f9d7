// The nameservers of this machine.
//
// On Linux and its like they are in /etc/resolv.conf (resolv.conf(5)); elsewhere the system is asked. A laptop changes
// its network and the file with it, so it is looked at again, but not for every query.
import { Resolver } from 'node:dns';
import { readFileSync, statSync } from 'node:fs';
import { Endpoint } from '@reslirp/stack/endpoint';
import { fillAddress } from './address.ts';

const DNS_PORT = 53;
/** Most nameservers that are kept; resolv.conf(5) itself knows three. */
const MOST = 8;
/** How long an answer holds before the system is looked at again, milliseconds. */
const FRESH = 1_000;

export interface ResolverOptions {
  /** A file in the form of resolv.conf(5): /etc/resolv.conf, and the system's own interface on macOS and Windows. */
  readonly path?: string;
  /** Monotonic milliseconds: performance.now(). */
  readonly now?: () => number;
}

/**
 * All nameservers of the host, in their order, each with its port; 127.0.0.1 and ::1 when there are none.
 * The answer is the same array for as long as nothing has changed. Never throws.
 */
export function systemResolvers(options: ResolverOptions = {}): () => readonly Endpoint[] {
  const { now = (): number => performance.now() } = options;
  const asks = options.path === undefined && (process.platform === 'win32' || process.platform === 'darwin');
  const look = asks ? askSystem() : watchFile(options.path ?? '/etc/resolv.conf');
  let known: readonly Endpoint[] = [];
  let lookedAt = -Infinity;
  return () => {
    const at = now();
    if (at - lookedAt >= FRESH) {
      lookedAt = at;
      known = look();
    }
    return known;
  };
}

/** Nameservers in the text of a resolv.conf(5). */
export function parseResolvConf(text: string): Endpoint[] {
  const lines = text.split('\n').map((line) => /^\s*nameserver\s+([^\s#;]+)/.exec(line)?.[1]);
  return endpoints(lines.filter((address) => address !== undefined));
}

/** Nameservers as node:dns writes them: '192.0.2.1', '192.0.2.1:5353', '2001:db8::1', '[2001:db8::1]:5353'. */
export function endpoints(servers: readonly string[]): Endpoint[] {
  const found: Endpoint[] = [];
  for (const server of servers) {
    const [, address = server, port] = /^\[(.+)\]:(\d+)$/.exec(server) ?? /^([\d.]+):(\d+)$/.exec(server) ?? [];
    const e = new Endpoint();
    if (found.length < MOST && fillAddress(e, address, Number(port ?? DNS_PORT))) found.push(e);
  }
  return found;
}

/** libslirp 4.8 does the same: a resolver that needs no configuration is on the loopback. */
function loopback(): readonly Endpoint[] {
  return endpoints(['127.0.0.1', '::1']);
}

/** Reads the file again when it is another one, or has changed. */
function watchFile(path: string): () => readonly Endpoint[] {
  const none = loopback();
  let seen = '';
  let known = none;
  return () => {
    try {
      const { mtimeMs, ctimeMs, ino, size } = statSync(path);
      const version = `${mtimeMs} ${ctimeMs} ${ino} ${size}`;
      if (version === seen) return known;
      const found = parseResolvConf(readFileSync(path, 'latin1'));
      known = found.length > 0 ? found : none;
      seen = version;
    } catch {
      known = none;
      seen = '';
    }
    return known;
  };
}

function askSystem(): () => readonly Endpoint[] {
  const none = loopback();
  let seen = '';
  let known = none;
  return () => {
    try {
      const servers = new Resolver().getServers(); // a new one each time: it reads the configuration at its birth
      const version = servers.join();
      if (version === seen) return known;
      const found = endpoints(servers);
      known = found.length > 0 ? found : none;
      seen = version;
    } catch {
      // what is known has to do
    }
    return known;
  };
}
