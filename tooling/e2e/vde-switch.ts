// A vde_switch of its own, in a directory of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, until } from './namespace.ts';

export class VdeSwitch {
  /** Of its sockets: what plugs are told. */
  readonly directory: string;
  readonly #home: string = mkdtempSync(join(tmpdir(), 'reslirp-switch-'));
  readonly #command: readonly string[];
  #child: ChildProcess | null = null;

  private constructor(options: readonly string[], as: readonly string[], home?: string) {
    if (home !== undefined) this.#home = home;
    this.directory = join(this.#home, 'switch');
    this.#command = [...as, 'vde_switch', '-s', this.directory, ...options];
  }

  /** `as`: what runs it, such as setpriv(1). */
  static async start(options: readonly string[] = [], as: readonly string[] = [], home?: string): Promise<VdeSwitch> {
    const made = new VdeSwitch(options, as, home);
    await made.begin();
    return made;
  }

  get url(): string {
    return `vde://${this.directory}`;
  }

  /** Starts it again, at the same place. */
  async begin(): Promise<void> {
    const [program = '', ...args] = this.#command;
    this.#child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    await until('the switch is there', () => existsSync(join(this.directory, 'ctl')));
    await pause(50); // it listens a moment later
  }

  /** Its own sockets, and those of plugs. */
  sockets(): string[] {
    return readdirSync(this.directory).sort();
  }

  /** SIGKILL: what it has in the file system stays. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(join(this.directory, 'ctl'), { force: true });
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#home, { recursive: true, force: true });
  }
}
