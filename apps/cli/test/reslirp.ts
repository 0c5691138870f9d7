// Starts the built program, with pipes for its cable, and collects what it says.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const PROGRAM: string = fileURLToPath(new URL('../bin/reslirp.js', import.meta.url));
const BUILT = new URL('../dist/main.js', import.meta.url);

/** `npm test` builds first; whoever starts vitest by hand has to, too. */
export function needsBuild(): void {
  if (!existsSync(BUILT)) throw new Error('apps/cli/dist is not there: npm run setup builds it');
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  /** From the call of end(), or of start(), to the exit, milliseconds. */
  readonly took: number;
}

export class Reslirp {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderrPipe: Readable;
  /** All bytes of stdout up to now. */
  cable: Buffer = Buffer.alloc(0);
  /** All text of stderr up to now. */
  said: string = '';
  readonly ended: Promise<Ended>;
  #since: number = performance.now();

  /** Without IPv6, whatever this machine has: nothing is said on the cable then that nobody asked for. */
  constructor(...args: string[]) {
    const own = args[0] === 'run' ? ['run', '--no-ipv6', ...args.slice(1)] : ['--no-ipv6', ...args];
    this.child = spawn(process.execPath, [PROGRAM, ...own], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.stdin = this.child.stdin!;
    this.stdout = this.child.stdout!;
    this.stderrPipe = this.child.stderr!;
    this.stdin.on('error', () => {}); // it may go before it has read
    this.stdout.on('data', (chunk: Buffer) => {
      this.cable = Buffer.concat([this.cable, chunk]);
    });
    this.stderrPipe.on('data', (chunk: Buffer) => {
      this.said += chunk.toString();
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve({ code, signal, took: performance.now() - this.#since }));
    });
  }

  /** The lines of stderr. */
  get lines(): string[] {
    return this.said.split('\n').filter((line) => line !== '');
  }

  /** Begins to measure how long the end takes. */
  ending(): this {
    this.#since = performance.now();
    return this;
  }

  /** Waits until `done`; throws when the program ends, or seconds pass, before. */
  async until(done: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!done()) {
      if (performance.now() > deadline || this.child.exitCode !== null) {
        throw new Error(`never ${what}; stderr: ${this.said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits until it serves: it answers ARP for its gateway. */
  async serving(): Promise<void> {
    this.stdin.write(ARP_REQUEST);
    await this.until(() => this.cable.length >= ARP_REQUEST.length, 'answered ARP');
  }
}

/** On the cable: who has 10.0.2.2? Tell 10.0.2.20, at 52:54:00:12:34:56. */
export const ARP_REQUEST: Buffer = onCable(
  'ffffffffffff 525400123456 0806',
  '0001 0800 06 04 0001 525400123456 0a000214 000000000000 0a000202',
);

/** A frame with its length before it, padded to 60 bytes. */
export function onCable(...hex: string[]): Buffer {
  const frame = Buffer.from(hex.join('').replaceAll(' ', ''), 'hex');
  const padded = Buffer.concat([frame, Buffer.alloc(Math.max(0, 60 - frame.length))]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(padded.length);
  return Buffer.concat([length, padded]);
}
