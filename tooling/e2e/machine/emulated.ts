// A machine as pages have it: v86, here in a process of Node, with a 32-bit kernel of Debian.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, Console } from './console.ts';
import { initrd } from './initrd.ts';
import { lease } from './lease.ts';

const KERNEL = fileURLToPath(new URL('../../../node_modules/.cache/reslirp-machine/i386', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./v86.js', import.meta.url));
/** It is an interpreter, on a machine that others use as well, milliseconds. */
const BOOT = 240_000;

/** Null when such a machine can be had, else what is missing. Throws in CI. */
export function missingEmulated(): string | null {
  const bios = existsSync('/usr/share/seabios/bios.bin') ? null : 'no seabios';
  const why = bios ?? (existsSync(join(KERNEL, 'vmlinuz')) ? null : 'tooling/e2e/machine/fetch.sh i386 has not run');
  if (why !== null && process.env['CI']) throw new Error(`this test must run in CI, but ${why}`);
  return why;
}

/** The files of such a machine: kernel, and an initrd made in `directory`. */
export function system(directory: string): { kernel: string; initial: string } {
  const initial = join(directory, 'initrd');
  writeFileSync(initial, initrd(KERNEL, join(KERNEL, 'busybox')));
  return { kernel: join(KERNEL, 'vmlinuz'), initial };
}

export class Emulated {
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #console: Console;

  private constructor(directory: string, relay: string, nic: string) {
    this.#directory = directory;
    const { kernel, initial } = system(directory);
    this.#child = spawn(process.execPath, [PROGRAM, relay, nic, kernel, initial], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#console = new Console((text) => this.#child.stdin!.write(text));
    this.#child.stdin!.on('error', () => {});
    this.#child.stdout!.on('data', (b) => this.#console.hear(String(b)));
  }

  /** Boots. `relay`: address of the WebSocket. */
  static async start(relay: string, nic: 'virtio' | 'ne2k' = 'virtio'): Promise<Emulated> {
    const machine = new Emulated(mkdtempSync(join(tmpdir(), 'reslirp-v86-')), relay, nic);
    try {
      await machine.#console.ready(BOOT);
      return machine;
    } catch (error) {
      await machine.stop();
      throw error;
    }
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
