// Names of this machine that are asked for at the other one: through systemd-resolved where it is what answers here, else by
// another resolv.conf, which knows no domains.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { RESOLV_CONF, replaceResolvConf } from '../confined/resolv-conf.ts';
import type { TunnelDns } from '../options/tunnel.ts';
import { UsageError } from '../usage-error.ts';
import { markOf, ownerOf } from './stale.ts';
import type { Undo } from './undo.ts';

/** Where systemd-resolved listens, resolved.conf(5). */
const STUBS = /^\s*nameserver\s+127\.0\.0\.5[34]\b/m;

export interface NameOptions {
  readonly dns: Exclude<TunnelDns, 'off'>;
  readonly tap: string;
  readonly nameserver: string;
  readonly undo: Undo;
}

/** Refuses what cannot be, before anything is done. */
export function checkNames(dns: TunnelDns, nameserver: string): void {
  if (dns === 'off') return;
  const resolvConf = read(RESOLV_CONF);
  if (hasResolved(resolvConf)) return;
  if (typeof dns === 'object') {
    const [domain] = dns.domains;
    throw new UsageError(
      '--dns',
      `'${dns.domains.join()}' needs systemd-resolved, which answers no names here; --dns all does not, and of dnsmasq it is server=/${domain}/${nameserver}`,
    );
  }
  const owner = ownerOf(resolvConf);
  if (owner?.alive === true)
    throw new UsageError('--dns', `'all' is taken: another tunnel has it, process ${owner.pid}`);
}

/** Throws, in one line. */
export function takeNames({ dns, tap, nameserver, undo }: NameOptions): void {
  if (hasResolved(read(RESOLV_CONF))) {
    undo.add(`resolvectl revert ${tap}`);
    const domains = dns === 'all' ? ['~.'] : dns.domains.map((domain) => `~${domain}`);
    resolvectl('dns', tap, nameserver);
    resolvectl('domain', tap, ...domains);
    resolvectl('default-route', tap, dns === 'all' ? 'yes' : 'no');
    return;
  }
  undo.add(`grep -q '^${markOf().trim()}$' ${RESOLV_CONF} && umount -l ${RESOLV_CONF}`);
  try {
    replaceResolvConf(`${markOf()}nameserver ${nameserver}\n`);
  } catch (error) {
    throw new Error(
      `--dns: ${(error as Error).message}; --dns off, and 'nameserver ${nameserver}' by hand, is what is left`,
    );
  }
}

/** It runs, and what asks for names asks it. */
function hasResolved(resolvConf: string): boolean {
  const asked = STUBS.test(resolvConf) || /^\s*hosts:.*\bresolve\b/m.test(read('/etc/nsswitch.conf'));
  return asked && spawnSync('resolvectl', ['status', '--no-pager'], { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

function resolvectl(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('resolvectl', args, { encoding: 'utf8', timeout: 10_000 });
  if (status === 0) return;
  throw new Error(`--dns: resolvectl ${args[0]}: ${error?.message ?? stderr.trim().split('\n')[0]}`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
