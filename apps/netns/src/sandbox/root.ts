// A root directory with nothing in it but /etc and /run, read-only: what a network needs of the file system is
// /etc/resolv.conf, which may be a link into /run.
//
// The program itself, Node and its libraries come from the old root, which must therefore stay until they are loaded; and by
// then the process has no privilege left to take it away. So it lies at OLD_ROOT, with links to what is in it, and a shell
// that still may waits to unmount it.
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { channel, Fcntl, libc, Mount, Namespace } from '@reslirp/syscall';
import { Failure } from '../failure.ts';
import { must } from '../must.ts';

export const OLD_ROOT = '/.old';
const NEW_ROOT = '/tmp';
const KEPT = ['etc', 'run'];
const SAFE = Mount.NO_SUID | Mount.NO_DEVICES | Mount.NO_EXEC;
/** Waits until descriptor 3 has no other end any more. Not standard input: what runs behind has none. */
const UNMOUNT = `(read end <&3; exec umount -l ${OLD_ROOT}) >/dev/null 2>&1 &`;

/** Milliseconds. */
const PATIENCE = 2_000;

/**
 * Puts the calling thread, and what it executes, into the new root; in it the old one is at OLD_ROOT. Returns a descriptor,
 * not closed on exec, for takeAway(). Throws a Failure.
 */
export function newRoot(): number {
  const needed = { EPERM: 'the sandbox needs root, or root of a user namespace' };
  must('a mount namespace', libc.unshare(Namespace.MOUNT), needed);
  must('mounts', libc.mount('', '/', null, Mount.SLAVE | Mount.REC, null)); // what we unmount stays for others
  const names = readdirSync('/');
  must(`tmpfs on ${NEW_ROOT}`, libc.mount('tmpfs', NEW_ROOT, 'tmpfs', SAFE, 'size=64k'));
  for (const name of KEPT) keep(name);
  mkdirSync(join(NEW_ROOT, OLD_ROOT));
  for (const name of names) if (!KEPT.includes(name)) symlinkSync(`.${OLD_ROOT}/${name}`, join(NEW_ROOT, name));
  process.chdir(NEW_ROOT);
  must('pivot_root', libc.pivotRoot('.', `.${OLD_ROOT}`));
  process.chdir('/');
  return unmounter();
}

/** Has the old root unmounted, once everything is loaded. Rejects with a Failure when it is still there. */
export async function takeAway(descriptor: number): Promise<void> {
  libc.close(descriptor);
  const deadline = performance.now() + PATIENCE;
  while (readdirSync(OLD_ROOT).length > 0) {
    if (performance.now() > deadline) throw new Failure(`sandbox: ${OLD_ROOT} cannot be unmounted`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function keep(name: string): void {
  const [from, to] = [`/${name}`, join(NEW_ROOT, name)];
  if (!lstatSync(from).isDirectory()) return;
  mkdirSync(to);
  must(`bind mount of ${from}`, libc.mount(from, to, null, Mount.BIND | Mount.REC, null));
  const flags = Mount.REMOUNT | Mount.BIND | Mount.READ_ONLY | SAFE;
  must(`${from}: read-only`, libc.mount(from, to, null, flags, null));
}

function unmounter(): number {
  const ends = channel();
  if (ends === null) throw new Failure('no descriptors left');
  const [ours, theirs] = ends;
  const { status, error } = spawnSync('/bin/sh', ['-c', UNMOUNT], { stdio: ['ignore', 'ignore', 'ignore', theirs] });
  libc.close(theirs);
  if (status !== 0) throw new Failure(`sandbox: /bin/sh: ${error?.message ?? `exit code ${status}`}`);
  libc.fcntl(ours, Fcntl.SETFD, 0);
  return ours;
}
