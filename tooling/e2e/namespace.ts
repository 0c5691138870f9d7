// A network namespace with nothing in it, as slirp4netns finds one, and the program that gives it a network.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Done, run } from './guest.ts';

const bin = (name: string): string => fileURLToPath(new URL(`../../apps/netns/bin/${name}.js`, import.meta.url));
/** The programs as they were built. */
export const SLIRP4NETNS: readonly string[] = [process.execPath, bin('slirp4netns')];
export const FORWARDER: readonly string[] = [process.execPath, bin('slirp-forwarder')];

/** Its own user namespace, as a user has it who is not root. */
const MAKE = ['--user', '--map-root-user', '--net', '--mount', '--propagation', 'private'];
const ENTER = ['-U', '--preserve-credentials', '-n', '-m'];

export class Namespace {
  readonly pid: number;
  readonly #keeper: ChildProcess;

  private constructor(keeper: ChildProcess) {
    this.#keeper = keeper;
    this.pid = keeper.pid!;
  }

  static async make(): Promise<Namespace> {
    const keeper = spawn('unshare', [...MAKE, 'sh', '-c', 'echo ready; exec sleep 300'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(keeper.stdout!, 'data');
    return new Namespace(keeper);
  }

  /** What a command begins with, to be run inside. */
  get entry(): readonly string[] {
    return ['nsenter', '-t', String(this.pid), ...ENTER];
  }

  /** A command inside. */
  run(command: readonly string[], timeout?: number, input?: string): Promise<Done> {
    return run([...this.entry, ...command], timeout, input);
  }

  /** A line of shell inside. */
  async sh(line: string, timeout?: number): Promise<string> {
    const { out, err } = await this.run(['sh', '-c', line], timeout);
    return out + err;
  }

  /** A command inside that goes on; it ends with the namespace. `output`: what becomes of its standard output. */
  start(command: readonly string[], output: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
    const [file = '', ...args] = [...this.entry, ...command];
    return spawn(file, args, { stdio: ['ignore', output, 'ignore'] });
  }

  remove(): void {
    this.#keeper.kill('SIGKILL');
  }
}

/** slirp4netns at work. */
export class Slirp4netns {
  readonly child: ChildProcess;
  /** Standard output and standard error, so far. */
  out: string = '';
  err: string = '';
  /** What came through --ready-fd, and whether it was closed. */
  ready: string = '';
  readyClosed: boolean = false;
  /** Milliseconds from the start to the first byte of it. */
  readyAfter: number = Number.NaN;

  /** Descriptor 3 is for --ready-fd, 4 for --exit-fd, 5 whatever is given. */
  constructor(args: readonly string[], other: number | 'ignore' = 'ignore') {
    const [program = '', ...own] = [...SLIRP4NETNS, ...args];
    const began = performance.now();
    this.child = spawn(program, own, { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', other] });
    this.child.stdout!.on('data', (text) => (this.out += text));
    this.child.stderr!.on('data', (text) => (this.err += text));
    const pipe = this.child.stdio[3] as NodeJS.ReadableStream;
    pipe.on('data', (text) => {
      if (this.ready === '') this.readyAfter = performance.now() - began;
      this.ready += text;
    });
    pipe.on('end', () => {
      this.readyClosed = true;
    });
    (this.child.stdio[4] as NodeJS.WritableStream).on('error', () => {});
  }

  /** Started, and ready. */
  static async serve(args: readonly string[]): Promise<Slirp4netns> {
    const program = new Slirp4netns(['--ready-fd=3', ...args]);
    for (let i = 0; i < 500 && !program.readyClosed && program.child.exitCode === null; i++) await pause(10);
    if (program.ready !== '1') throw new Error(`not ready: ${program.out}${program.err}`);
    return program;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** A line about every thread: `name` of /proc/PID/task/TID/status. */
  status(name: string): string[] {
    const text = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const threads = Number(/Threads:\s+(\d+)/.exec(text)![1]);
    const found = runSync(`grep -h '^${name}:' /proc/${this.pid}/task/*/status`);
    if (found.length < threads) throw new Error(`${found.length} lines of ${threads} threads`);
    return found.map((line) => line.slice(name.length + 1).trim());
  }

  closeExitPipe(): void {
    (this.child.stdio[4] as NodeJS.WritableStream).end();
  }

  /** Its exit code, or the signal that ended it. */
  async ended(): Promise<number | string | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode ?? this.child.signalCode;
  }

  async stop(): Promise<number | string | null> {
    this.child.kill('SIGTERM');
    return this.ended();
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when it holds; rejects after five seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (holds()) return;
    await pause(10);
  }
  throw new Error(`never: ${what}`);
}

export function gone(path: string): boolean {
  return !existsSync(path);
}

function runSync(line: string): string[] {
  return spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stdout.trim().split('\n');
}
