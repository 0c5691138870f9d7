// Finds a switch, and connects to its stream socket.
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Errno, errorName, Family, LONGEST_PATH, libc, SocketType, unixConnect } from '@reslirp/syscall';
import type { SwitchName } from './url.ts';

/** Where a switch is when nobody says so: the user's own, and those of vde_switch (vde_plug(1)). */
const USUAL: readonly string[] = [join(homedir(), '.vde2/default.switch'), '/run/vde.ctl', '/tmp/vde.ctl'];

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no switch',
  ENOTDIR: 'it is not the directory of a switch',
  ECONNREFUSED: 'the switch that was there is gone',
  EACCES: 'this user may not use it',
  EAGAIN: 'the switch does not answer: too many wait for it',
  EPROTOTYPE: 'it is not the directory of a switch',
  ENAMETOOLONG: `its path is too long: ${LONGEST_PATH - '/ctl'.length} bytes at most`,
};

export interface Reached {
  readonly directory: string;
  /** Its stream socket's path, and ours that is connected to it. */
  readonly name: string;
  readonly control: number;
}

/** Why not, in words, when it cannot be reached. */
export function reach({ path, port }: SwitchName): Reached | string {
  if (path !== null) return reachAt(path, port);
  const [first, ...others] = USUAL;
  const complaints: string[] = [];
  for (const usual of USUAL) {
    const reached = reachAt(usual, port);
    if (typeof reached !== 'string') return reached;
    if (reached !== WORDS['ENOENT']) complaints.push(`${usual}: ${reached}`);
  }
  return complaints[0] ?? `there is no switch at ${[first, ...others].join(', ')}`;
}

function reachAt(path: string, port: SwitchName['port']): Reached | string {
  let directory: string;
  try {
    directory = realpathSync(path); // the switch is told where our socket is, and does not know where we are
  } catch (error) {
    return inWords((error as NodeJS.ErrnoException).code ?? '');
  }
  const group = typeof port === 'string' ? port : null;
  const name = `${directory}/${group ?? 'ctl'}`;
  const control = libc.socket(Family.UNIX, SocketType.STREAM | SocketType.NONBLOCK | SocketType.CLOEXEC, 0);
  if (control < 0) return inWords(errorName(control));
  const result = unixConnect(control, name);
  if (result >= 0) return { directory, name, control };
  libc.close(control);
  return group !== null && result === -Errno.ENOENT ? `it has no port group '${group}'` : inWords(errorName(result));
}

function inWords(code: string): string {
  return WORDS[code] ?? code;
}
