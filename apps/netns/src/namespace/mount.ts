// A network namespace that a file stands for. It must not outlive the program, not even one that was killed: a shell that
// waits for the program's end unmounts it then.
import { spawn } from 'node:child_process';
import { realpathSync, statfsSync, statSync } from 'node:fs';
import { libc, Mount } from '@reslirp/syscall';
import { Failure } from '../failure.ts';

/** statfs(2): the file system of namespaces, <linux/magic.h>. */
const NSFS = 0x6e73_6673;
/** In a session of its own, so that what ends the program does not end it as well. */
const CLEANER = 'read word || exec umount -l "$0"';

export class NamespaceMount {
  readonly path: string;
  #dismiss: () => void = () => {};

  /** `path`: an existing file. Throws a Failure when nothing can be mounted there. */
  constructor(path: string) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) throw new Failure(`${path}: there is no such file; make one, with touch ${path}`);
    if (!stat.isFile()) throw new Failure(`${path}: it is not a regular file`);
    this.path = realpathSync(path);
    if (statfsSync(this.path).type === NSFS) {
      throw new Failure(`${path}: a namespace is mounted there already; umount ${path}`);
    }
  }

  /** From now on the end of the program unmounts it, whatever that end is. To be called before it is mounted. */
  guard(): void {
    const cleaner = spawn('/bin/sh', ['-c', CLEANER, this.path], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    cleaner.on('error', () => {}); // then a killed program leaves its mount
    cleaner.stdin.on('error', () => {});
    cleaner.unref();
    this.#dismiss = () => cleaner.stdin.end('\n');
  }

  /** Unmounts it. */
  detach(): void {
    libc.umount(this.path, Mount.DETACH);
    this.#dismiss();
  }
}
