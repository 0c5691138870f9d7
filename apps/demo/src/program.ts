// The built reslirp as a child, with our end of its cable.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Link } from '@reslirp/link';
import { streamLink } from '@reslirp/transport-stdio';

const PACKAGE = import.meta.resolve('@reslirp/cli/package.json');
export const BIN: string = fileURLToPath(new URL('bin/reslirp.js', PACKAGE));

export const version: string = (JSON.parse(readFileSync(fileURLToPath(PACKAGE), 'utf8')) as { version: string })
  .version;

export class Program {
  readonly link: Link;
  /** What it said on stderr. */
  said: string = '';
  /** Rejects when the program ends before leave() was called. */
  readonly gone: Promise<never>;
  readonly #child: ChildProcess;
  #leaving: boolean = false;

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [BIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.link = streamLink(child.stdout, child.stdin);
    child.stderr.on('data', (chunk: Buffer) => {
      this.said += chunk.toString();
    });
    this.gone = new Promise((_, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (!this.#leaving) reject(new Error(`reslirp ended with ${signal ?? `exit code ${code}`}`));
      });
    });
    this.gone.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Unplugs the guest. Returns the exit code. */
  async leave(): Promise<number | null> {
    this.#leaving = true;
    const closed = once(this.#child, 'close');
    this.link.close();
    const [code] = (await closed) as [number | null];
    return code;
  }

  kill(): void {
    this.#leaving = true;
    this.#child.kill();
  }
}
