// ip(8) of iproute2, for what has no system call of an age: rules and tables.
import { spawnSync } from 'node:child_process';

/** Runs one command; throws, in one line, when it fails. */
export function ip(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  if (error !== undefined) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(isMissing ? 'ip: not found; it is part of iproute2' : `ip: ${error.message}`);
  }
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim().split('\n')[0] ?? `status ${status}`}`);
  return stdout;
}

/** The same, where nothing is an answer as well. */
export function ipOrNothing(...args: readonly string[]): string {
  try {
    return ip(...args);
  } catch {
    return '';
  }
}
