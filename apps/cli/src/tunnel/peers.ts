// Where a command has gone, whatever its settings say: the other ends of the TCP connections of its processes, proc(5).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { format4, format6 } from '@reslirp/wire/address';

const ESTABLISHED = '01';

/** Addresses beyond this machine that `pid` and what it started are connected with. */
export function peersOf(pid: number): readonly string[] {
  const inodes = new Set(family(pid).flatMap(socketsOf));
  const all = ['tcp', 'tcp6'].flatMap((table) => connections(`/proc/net/${table}`, inodes));
  return [...new Set(all)].filter((address) => !address.startsWith('127.') && address !== '::1');
}

/** The process and its descendants. */
function family(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of entries('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = text(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [pid];
  for (const one of found) found.push(...(children.get(one) ?? []));
  return found;
}

function socketsOf(pid: number): readonly string[] {
  return entries(`/proc/${pid}/fd`).flatMap((fd) => {
    const found = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`));
    return found === null ? [] : [found[1]!];
  });
}

/** Lines of /proc/net/tcp: number, local, remote, state, …; the tenth word is the inode. */
function connections(table: string, inodes: ReadonlySet<string>): readonly string[] {
  return text(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[3] === ESTABLISHED && inodes.has(words[9] ?? ''))
    .map((words) => addressOf(words[2]!.split(':')[0]!));
}

/** Words of 32 bits, each as this machine, little-endian, has it in memory. */
export function addressOf(hex: string): string {
  const b = Buffer.from(hex, 'hex');
  for (let at = 0; at < b.length; at += 4) b.subarray(at, at + 4).reverse();
  if (b.length === 4) return format4(b.readInt32BE());
  const isMapped = b.subarray(0, 12).equals(Buffer.from('00000000000000000000ffff', 'hex'));
  return isMapped ? format4(b.readInt32BE(12)) : format6(b, 0);
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // it has ended meanwhile, or is another user's
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
