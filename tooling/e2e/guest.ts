// A real guest: the Linux kernel in a network namespace of its own, with a TAP on one end of a cable (vde_plug), and the
// program under test on the other (dpipe joins them). Nothing is left behind in /run/netns, and /etc/resolv.conf of the
// guest is a file of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENTER, NAMESPACE } from './tools.ts';

/** The program as it was built. */
export const RESLIRP: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('../../apps/cli/bin/reslirp.js', import.meta.url)),
];
/** libslirp behind the same cable: what we are compared with. */
export const LIBSLIRP: readonly string[] = ['vde_plug', 'slirp://'];

export interface Done {
  /** Null when it was killed: it took too long. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Milliseconds. */
  readonly took: number;
}

/** Runs a command to its end, for `timeout` milliseconds at most. */
export function run(command: readonly string[], timeout: number = 20_000, input: string = ''): Promise<Done> {
  const began = performance.now();
  const child = spawn(command[0]!, command.slice(1), { timeout, killSignal: 'SIGKILL' });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err, took: performance.now() - began }));
  });
}

export class Guest {
  readonly #directory: string;
  readonly #keeper: ChildProcess;
  #cable: ChildProcess;
  #messages: string = '';

  private constructor(directory: string, keeper: ChildProcess) {
    this.#directory = directory;
    this.#keeper = keeper;
    this.#cable = keeper;
  }

  /** A new guest, its TAP up but without an address. `program`: what is at the other end of the cable. */
  static async start(program: readonly string[] = RESLIRP): Promise<Guest> {
    const guest = await Guest.make();
    guest.#plug(['dpipe', ...guest.inside(['vde_plug', 'tap://tap0']), '=', ...program]);
    await guest.until('ip link set tap0 up');
    return guest;
  }

  /**
   * The same, its TAP joined to something by a command that is started inside, such as vde_plug; the TAP stays when that ends. `before`: what
   * begins outside, and goes inside by the arguments that follow its own.
   */
  static async joined(plug: readonly string[], before: readonly string[] = []): Promise<Guest> {
    const guest = await Guest.make();
    await guest.until('ip tuntap add tap0 mode tap && ip link set tap0 up');
    guest.#plug([...before, ...guest.inside(plug)]);
    return guest;
  }

  /** Joins the TAP again, when what it was joined to is gone. */
  replug(plug: readonly string[]): void {
    this.#plug(this.inside(plug));
  }

  /** The TAP is joined to nothing any more. */
  async unjoin(): Promise<void> {
    this.#cable.kill('SIGKILL');
    await this.ended();
  }

  #plug([program = '', ...args]: readonly string[]): void {
    this.#cable = spawn(program, args);
    this.#cable.stderr!.on('data', (text) => (this.#messages += text));
  }

  private static async make(): Promise<Guest> {
    const directory = mkdtempSync(join(tmpdir(), 'reslirp-guest-'));
    writeFileSync(join(directory, 'resolv.conf'), '');
    writeFileSync(join(directory, 'udhcpc.sh'), UDHCPC, { mode: 0o755 });
    const setUp = `ip link set lo up; mount --bind ${directory}/resolv.conf /etc/resolv.conf; echo ready; exec sleep 600`;
    const keeper = spawn('unshare', [...NAMESPACE, 'sh', '-c', setUp], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => keeper.stdout!.once('data', resolve));
    return new Guest(directory, keeper);
  }

  /** What the program said on stderr so far. */
  get messages(): string {
    return this.#messages;
  }

  /** The process at the other end of the cable. */
  get programPid(): number {
    const { pid } = this.#cable;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[1]);
  }

  /** A command inside the guest. */
  run(command: readonly string[], timeout?: number, input?: string): Promise<Done> {
    return run(this.inside(command), timeout, input);
  }

  /** The same, as a command of this machine. */
  inside(command: readonly string[]): string[] {
    return ['nsenter', '-t', String(this.#keeper.pid), ...ENTER, ...command];
  }

  /** A line of shell inside the guest. */
  sh(line: string, timeout?: number): Promise<Done> {
    return this.run(['sh', '-c', line], timeout);
  }

  /** Repeats a line of shell until it succeeds. */
  async until(line: string): Promise<void> {
    for (let i = 0; i < 100; i++) {
      if ((await this.sh(line)).code === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the guest never managed: ${line}\n${this.#messages}`);
  }

  /** Gets an address with busybox's DHCP client; what it was told, by its names for it. */
  async dhcp(...options: readonly string[]): Promise<Record<string, string>> {
    const script = join(this.#directory, 'udhcpc.sh');
    const client = ['busybox', 'udhcpc', '-i', 'tap0', '-n', '-q', '-t', '5', '-T', '1', '-s', script, ...options];
    const done = await this.run(client);
    if (done.code !== 0) throw new Error(`udhcpc: ${done.err}${done.out}\n${this.#messages}`);
    const told = readFileSync(join(this.#directory, 'lease'), 'utf8').trim().split('\n');
    return Object.fromEntries(
      told.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  }

  /** The cable is pulled out at the guest's end. Resolves when the program has ended. */
  async unplug(): Promise<void> {
    const { pid } = this.#cable;
    const [plug] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    process.kill(Number(plug), 'SIGKILL');
    await this.ended();
  }

  async ended(): Promise<void> {
    if (this.#cable.exitCode !== null || this.#cable.signalCode !== null) return;
    await new Promise((resolve) => this.#cable.once('exit', resolve));
  }

  async stop(): Promise<void> {
    this.#cable.kill('SIGTERM'); // it takes its two ends along
    await this.ended();
    for (const pid of inhabitants(this.#keeper.pid!)) killed(pid); // servers that a test has left running inside
    this.#keeper.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true });
  }
}

/** Everybody in the network namespace of a process, which is not ours. */
function inhabitants(pid: number): number[] {
  const net = namespaceOf(pid);
  if (net === null || net === namespaceOf(process.pid)) return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0 && namespaceOf(other) === net);
}

/** Null: it has gone, or it is none of ours. */
function namespaceOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {} // it has gone by itself
}

const UDHCPC = `#!/bin/sh
case "$1" in
  deconfig) ip -4 addr flush dev $interface; ip link set $interface up ;;
  bound|renew)
    ip -4 addr flush dev $interface
    ip addr add $ip/$mask dev $interface
    [ -z "$router" ] || ip route replace default via \${router%% *} dev $interface
    for d in $dns; do echo nameserver $d; done > /etc/resolv.conf
    env > \${0%/*}/lease ;;
esac
`;
