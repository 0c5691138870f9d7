// The built program with a guest that is not on its standard input: it says where guests come to, and goes on.
import { type ChildProcess, spawn } from 'node:child_process';
import { RESLIRP } from './guest.ts';

export class Program {
  readonly #child: ChildProcess;
  #said: string = '';

  private constructor(args: readonly string[]) {
    this.#child = spawn(RESLIRP[0]!, [RESLIRP[1]!, ...args], { stdio: ['ignore', 'inherit', 'pipe'] });
    this.#child.stderr!.on('data', (b) => (this.#said += b));
  }

  /** Waits until it has said `when`. */
  static async start(args: readonly string[], when: RegExp): Promise<Program> {
    const program = new Program(['-d2', ...args]);
    await program.until(when);
    return program;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything on its standard error. */
  get said(): string {
    return this.#said;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async until(what: RegExp, timeout: number = 10_000): Promise<RegExpExecArray> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const found = what.exec(this.#said);
      if (found !== null) return found;
      if (performance.now() > deadline || this.#child.exitCode !== null) {
        throw new Error(`the program never said ${what}:\n${this.#said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Waits until it ends by itself. Resolves to its exit code. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await new Promise((resolve) => this.#child.once('exit', resolve));
    }
    return this.#child.exitCode;
  }

  /** Ends it. Resolves to its exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await ended;
    }
    return this.#child.exitCode;
  }
}
