// Three network namespaces: the far host, this machine, on which the program under test runs, and the guest.
//
//   guest 10.0.2.100 ---TAP--- program on 10.77.0.1 ---veth--- 10.77.0.2 far host
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Done, run } from '@reslirp/e2e/guest.ts';
import { compiled } from './compiled.ts';
import { processorSeconds } from './processor.ts';

export const FAR = '10.77.0.2';
/** The first echo server is behind it. */
const ECHO_PORT = 7800;
const IPERF_PORT = 7712;
/** Descriptors, for ten thousand flows. */
const LIMIT = ['prlimit', '--nofile=65536:65536', '--'];

export class World {
  readonly #children: ChildProcess[] = [];
  #far: string[] = [];
  #here: string[] = [];
  #limit: readonly string[] = [];
  #port: number = ECHO_PORT;

  static async make(): Promise<World> {
    const world = new World();
    process.once('exit', () => world.remove());
    await world.#make();
    return world;
  }

  async #make(): Promise<void> {
    this.#limit = (await run([...LIMIT, 'true'])).code === 0 ? LIMIT : [];
    const far = await this.namespace();
    const here = await this.namespace();
    this.#far = enter(far);
    this.#here = enter(here);
    await must([...this.#far, 'ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1', 'netns', String(here)]);
    for (const [where, device, address] of [
      [this.#far, 'v0', `${FAR}/24`],
      [this.#here, 'v1', '10.77.0.1/24'],
    ] as const) {
      await must([...where, 'ip', 'addr', 'add', address, 'dev', device]);
      for (const up of [device, 'lo']) await must([...where, 'ip', 'link', 'set', up, 'up']);
    }
    this.#start([...this.#far, 'iperf3', '-s', '-p', String(IPERF_PORT)]);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }

  get netbench(): string {
    return compiled('netbench');
  }

  /** The number of a process that is alone in a network namespace. */
  async namespace(): Promise<number> {
    const keeper = this.#start(['unshare', '-n', 'sh', '-c', 'echo ready; exec sleep 3600']);
    await once(keeper.stdout!, 'data');
    return keeper.pid!;
  }

  /** A load: of iperf3 or of netbench, from a guest, or (null) from this machine itself. */
  async load(
    guest: number | null,
    tool: 'iperf3' | 'netbench',
    args: readonly string[],
    seconds: number,
  ): Promise<Done> {
    const where = guest === null ? this.#here : enter(guest);
    const [what = '', ...rest] = args;
    const command =
      tool === 'iperf3'
        ? ['iperf3', '-J', '-c', FAR, '-p', String(IPERF_PORT), ...args]
        : [...this.#limit, this.netbench, what, FAR, await this.#echo(), ...rest];
    return run([...where, ...command], (seconds + 60) * 1_000);
  }

  /** The port of a new echo server: to an old one thousands of connections of others may be in TIME-WAIT. */
  async #echo(): Promise<string> {
    const port = String(++this.#port);
    this.#start([...this.#far, ...this.#limit, this.netbench, 'serve', port]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return port;
  }

  /** The program under test, ready. */
  async program(command: readonly string[], guest: number, mtu: number): Promise<Program> {
    const [file = '', ...args] = [...this.#here, ...this.#limit, ...command, '-c', '-m', String(mtu), '-r', '3'];
    const began = performance.now();
    const child = spawn(file, [...args, String(guest), 'tap0'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    this.#children.push(child);
    const ready = once(child.stdio[3] as NodeJS.ReadableStream, 'data');
    await Promise.race([ready, once(child, 'exit').then(() => Promise.reject(new Error(`${command}: not ready`)))]);
    return new Program(child, performance.now() - began);
  }

  remove(): void {
    for (const child of this.#children.splice(0)) child.kill('SIGKILL');
  }

  #start(command: readonly string[]): ChildProcess {
    const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#children.push(child);
    return child;
  }
}

export class Program {
  /** Milliseconds from the start to the byte on --ready-fd. */
  readonly readyAfter: number;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, readyAfter: number) {
    this.#child = child;
    this.readyAfter = readyAfter;
  }

  /** Of the process, all its threads included. */
  processorSeconds(): number {
    return processorSeconds(this.#child.pid!);
  }

  /** Resident, MiB. */
  memory(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))![1]) / 1024;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

function enter(pid: number): string[] {
  return ['nsenter', '-t', String(pid), '-n'];
}

async function must(command: readonly string[]): Promise<void> {
  const { code, err } = await run(command);
  if (code !== 0) throw new Error(`${command.join(' ')}: ${err}`);
}
