// What the tests need of this machine. In CI nothing may be missing; elsewhere a test says what it skipped, and why.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

function has(tool: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
}

function canMakeNamespaces(): boolean {
  return spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;
}

function canOpenTun(): boolean {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const isRoot = process.getuid?.() === 0;
/** Arguments of unshare and nsenter for a guest of our own. */
export const NAMESPACE: readonly string[] = isRoot
  ? ['-n', '-m', '--propagation', 'private']
  : ['-r', '-n', '-m', '--propagation', 'private'];
export const ENTER: readonly string[] = isRoot ? ['-n', '-m'] : ['-U', '--preserve-credentials', '-n', '-m'];

/** Null when a guest on a cable can be had, and these tools; else what is missing. Throws in CI. */
export function missing(...tools: readonly string[]): string | null {
  return missingForNamespace('vde_plug', 'dpipe', 'busybox', ...tools);
}

/** The same for a namespace with a TAP, and nothing else. */
export function missingForNamespace(...tools: readonly string[]): string | null {
  const why = lackForNamespace(tools);
  if (why !== null && process.env['CI']) throw new Error(`this test must run in CI, but ${why}`);
  return why;
}

/** What of these tools is not there. */
export function lack(tools: readonly string[]): string | null {
  const absent = tools.filter((tool) => !has(tool));
  return absent.length > 0 ? `not installed: ${absent.join(', ')}` : null;
}

function lackForNamespace(tools: readonly string[]): string | null {
  if (process.platform !== 'linux') return 'a guest is a Linux network namespace';
  const absent = lack(['unshare', 'nsenter', 'ip', ...tools]);
  if (absent !== null) return absent;
  if (!canMakeNamespaces()) return 'this user cannot make network namespaces';
  return canOpenTun() ? null : '/dev/net/tun cannot be opened';
}
