// What an earlier tunnel left that ended together with the process that should have tidied up after it.
import { readFileSync } from 'node:fs';
import { libc, Mount } from '@reslirp/syscall';
import { RESOLV_CONF } from '../confined/resolv-conf.ts';
import { ipOrNothing } from './ip.ts';
import { isPlace, PROTOCOL, placeOf } from './machine.ts';

const MARK = '# reslirp tunnel';

/** The first line of a resolv.conf of ours. */
export function markOf(pid: number = process.pid): string {
  return `${MARK} ${pid} ${birthOf(pid)}\n`;
}

/** The process of a tunnel whose resolv.conf this is; null: it is none of ours. `alive`: it runs. */
export function ownerOf(text: string): { readonly pid: number; readonly alive: boolean } | null {
  const found = new RegExp(`^${MARK} (\\d+) (\\d+)\\n`).exec(text);
  if (found === null) return null;
  const [, pid, birth] = found;
  return { pid: Number(pid), alive: birthOf(Number(pid)) === birth };
}

/** Ticks since the machine began: numbers of processes are used again. Field 22 of /proc/PID/stat, proc(5); '0': there is none. */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}

/** Takes it away. What cannot be stays, and does no more harm than before. */
export function mendStale(): void {
  const interfaces = JSON.parse(ipOrNothing('-j', 'link', 'show') || '[]') as readonly { readonly ifindex: number }[];
  const places = new Set(interfaces.map(({ ifindex }) => placeOf(ifindex)));
  for (const version of ['-4', '-6']) {
    for (const { priority } of rulesOfOurs(version)) {
      if (!isPlace(priority) || places.has(String(priority))) continue;
      ipOrNothing(version, 'rule', 'del', 'priority', String(priority), 'protocol', PROTOCOL);
      ipOrNothing(version, 'route', 'flush', 'table', String(priority));
    }
  }
  for (let i = 0; i < 16; i++) {
    const owner = ownerOf(readOrNothing(RESOLV_CONF));
    if (owner === null || owner.alive || libc.umount(RESOLV_CONF, Mount.DETACH) < 0) return;
  }
}

interface Rule {
  readonly priority: number;
  readonly protocol?: string;
}

function rulesOfOurs(version: string): readonly Rule[] {
  const all = JSON.parse(ipOrNothing('-j', version, 'rule', 'show') || '[]') as readonly Rule[];
  return all.filter(({ protocol }) => protocol === PROTOCOL);
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
