// `reslirp run`: the real program around a real command, where this system can have that.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Said } from './inside.ts';
import { BIN } from './program.ts';
import type { Report } from './report.ts';
import type { Outside } from './show.ts';

const INSIDE = fileURLToPath(new URL('inside.js', import.meta.url));
/** What inside.ts ends with. */
const STATUS = 7;

/** Null where commands can have a network of their own; else why not, in one line. */
export function whyNotConfined(): string | null {
  if (process.platform !== 'linux') return `'reslirp run' is for Linux`;
  const { status, stderr } = spawnSync(process.execPath, [BIN, 'run', 'true'], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? null : `'reslirp run' is not for this user here: ${stderr.trim().split('\n')[0]}`;
}

/** A command under `reslirp run`, step by step. Throws at the first that fails. */
export async function showConfined(report: Report, args: readonly string[], outside: Outside): Promise<void> {
  const { name, webPort, payload } = outside;
  const command = [process.execPath, INSIDE, name, String(webPort)];
  const child = spawn(process.execPath, [BIN, 'run', ...args, '--', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill());
  const lines = new Lines(child);
  const hashed = async (): Promise<string> => {
    const hash = await lines.next();
    if (hash !== payload.hash) throw new Error(`the SHA-256 is ${hash}, and should be ${payload.hash}`);
    return `${payload.size / 1_000_000} MB, SHA-256 ${hash.slice(0, 16)}... on both sides`;
  };
  await report.step('address', () => lines.next());
  await report.step('name', () => lines.next());
  await report.step('page', () => lines.next());
  await report.step('download', hashed, payload.size);
  await report.step('upload', hashed, payload.size);
  await report.step('end', async () => {
    const status = await lines.ended;
    if (status !== STATUS) throw new Error(`the exit status is ${status}, and should be ${STATUS}`);
    return `the command ends with ${status}, and so does reslirp`;
  });
}

class Lines {
  readonly ended: Promise<number | null>;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    const reader: Interface = createInterface({ input: child.stdout! });
    this.#lines = reader[Symbol.asyncIterator]();
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** What the next step showed. */
  async next(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done === true) throw new Error(`the command ended with ${await this.ended}`);
    const said = JSON.parse(value) as Said;
    if ('failed' in said) throw new Error(said.failed);
    return said.shown;
  }
}
