// What this machine is to be like again, whatever happens to us: lines of shell that another process runs, the last one
// first, when it hears nothing more from us. It is in a session of its own, so that what ends a terminal spares it.
import { type ChildProcess, spawn } from 'node:child_process';

const SCRIPT = `trap '' INT TERM HUP
all=
while IFS= read -r line; do all="$line
$all"; done
eval "$all"`;

export class Undo {
  readonly #child: ChildProcess;
  readonly #done: Promise<void>;

  constructor() {
    this.#child = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#child.stdin!.on('error', () => {}); // somebody has ended it: the next start mends what it leaves
    this.#done = new Promise((resolve) => {
      this.#child.once('error', () => resolve());
      this.#child.once('exit', () => resolve());
    });
    this.#child.unref();
  }

  /** Before what it undoes is done. One line. */
  add(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** All of it is undone. */
  finish(): Promise<void> {
    this.#child.ref();
    this.#child.stdin!.end();
    return this.#done;
  }
}
