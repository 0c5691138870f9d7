// What ssh itself makes of its settings: `ssh -G` (OpenSSH 6.8).
import { spawnSync } from 'node:child_process';
import type { Caller } from './caller.ts';

export interface SshSettings {
  readonly host: string;
  /** Under which the host's key is known. */
  readonly keyName: string;
  /** It asks by itself whether the other side is still there. */
  readonly keepsAlive: boolean;
  /** It does not go to the host by itself, but through another one, or a command. */
  readonly indirect: boolean;
}

const USUAL_PORT = '22';

/** Null: this ssh does not say. */
export function askSsh(command: string, host: string, caller: Caller): SshSettings | null {
  const line = `exec ${command} "$@"`;
  const { status, stdout } = spawnSync('sh', ['-c', line, 'sh', '-G', host], {
    ...caller,
    encoding: 'utf8',
    timeout: 10_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? readSettings(stdout) : null;
}

/** Lines of a key and a value. Null when there is no host among them. */
export function readSettings(text: string): SshSettings | null {
  const all = new Map(
    text.split('\n').map((line) => {
      const [key = '', ...value] = line.trim().split(' ');
      return [key.toLowerCase(), value.join(' ')];
    }),
  );
  const host = all.get('hostname');
  if (host === undefined || host === '') return null;
  const { port = USUAL_PORT, alias = 'none' } = { port: all.get('port'), alias: all.get('hostkeyalias') };
  const keyName = alias !== 'none' ? alias : port === USUAL_PORT ? host : `[${host}]:${port}`;
  const isSet = (key: string): boolean => !['none', '0', ''].includes(all.get(key) ?? 'none');
  return {
    host,
    keyName,
    keepsAlive: isSet('serveraliveinterval'),
    indirect: isSet('proxyjump') || isSet('proxycommand'),
  };
}
