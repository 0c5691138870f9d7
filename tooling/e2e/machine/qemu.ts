// A virtual machine: QEMU without KVM, Debian's kernel, and a system of busybox alone.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lack } from '../tools.ts';
import { type Answer, Console } from './console.ts';
import { initrd } from './initrd.ts';
import { lease } from './lease.ts';

const KERNEL = fileURLToPath(new URL('../../../node_modules/.cache/reslirp-machine/amd64', import.meta.url));
const BUSYBOX = ['/usr/bin/busybox', '/bin/busybox'].find(existsSync) ?? '';
/** Without hardware to help it, on a busy machine, milliseconds. */
const BOOT = 120_000;

/** Null when a machine can be had, else what is missing. Throws in CI. */
export function missingMachine(): string | null {
  const fetched = existsSync(join(KERNEL, 'vmlinuz'));
  const why =
    lack(['qemu-system-x86_64', 'busybox']) ?? (fetched ? null : 'tooling/e2e/machine/fetch.sh amd64 has not run');
  if (why !== null && process.env['CI']) throw new Error(`this test must run in CI, but ${why}`);
  return why;
}

export class Machine {
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #console: Console;
  #complaints: string = '';

  private constructor(directory: string, netdev: string, device: string) {
    this.#directory = directory;
    const initial = join(directory, 'initrd');
    writeFileSync(initial, initrd(KERNEL, BUSYBOX));
    this.#child = spawn('qemu-system-x86_64', [
      ...['-M', 'pc', '-accel', 'tcg,thread=single', '-cpu', 'max', '-m', '256', '-nodefaults', '-no-user-config'],
      ...['-display', 'none', '-no-reboot', '-monitor', 'none', '-serial', 'stdio'],
      ...['-kernel', join(KERNEL, 'vmlinuz'), '-initrd', initial],
      ...['-append', 'console=ttyS0 quiet panic=-1 tsc=unstable'],
      ...['-netdev', netdev, '-device', `${device},netdev=n0,romfile=`],
    ]);
    this.#console = new Console((text) => this.#child.stdin!.write(text));
    this.#child.stdin!.on('error', () => {});
    this.#child.stdout!.on('data', (b) => this.#console.hear(String(b)));
    this.#child.stderr!.on('data', (b) => (this.#complaints += b));
  }

  /** Boots. `netdev`: QEMU's own words, its id n0. */
  static async start(netdev: string, device: string = 'virtio-net-pci'): Promise<Machine> {
    const machine = new Machine(mkdtempSync(join(tmpdir(), 'reslirp-machine-')), netdev, device);
    try {
      await machine.#console.ready(BOOT);
      return machine;
    } catch (error) {
      await machine.stop();
      throw new Error(`${error instanceof Error ? error.message : error}\n${machine.#complaints}`);
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** A line of shell inside. */
  run(line: string, timeout?: number): Promise<Answer> {
    return this.#console.run(line, timeout);
  }

  /** The address that DHCP gave. */
  dhcp(): Promise<string> {
    return lease(this);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
