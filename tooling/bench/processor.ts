import { readFileSync } from 'node:fs';

/** What a process has spent so far, with all its threads: seconds of processor, proc(5) /proc/pid/stat. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
