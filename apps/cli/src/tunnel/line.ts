// The connection to the other machine: made, and made again when it ends, while the TAP stays.
//
// The network there is a new one each time. Of the old one's flows it knows nothing, and resets them (RFC 9293 3.10.7.1);
// whoever sends datagrams notices nothing but a gap.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Log } from '@reslirp/runtime/plane';
import { version } from '../version.ts';
import { type RemoteOrder, shipment } from './bootstrap.ts';
import { BridgeThread } from './bridge-thread.ts';
import type { Caller } from './caller.ts';
import { type Attempt, diagnose, lacksNode, nameOf, type Outcome, start } from './far-side.ts';
import type { Plan } from './plan.ts';
import type { SshSettings } from './ssh-settings.ts';

const PROGRAM = new URL('./remote.cjs', import.meta.url);
/** Between attempts, milliseconds: doubled each time. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
/** A connection that lasted this long, milliseconds, was a good one. */
const LASTING = 10_000;
/** For a command whose cable has ended to end by itself, milliseconds. */
const GRACE = 2_000;

export interface LineOptions {
  readonly plan: Plan;
  /** Descriptor of the TAP. */
  readonly tap: number;
  readonly caller: Caller;
  readonly settings: SshSettings | null;
  readonly log: Log;
  /** Frames pass. */
  up(): void;
  /** There will be no more, in one line. Once. */
  failed(error: string): void;
}

export class Line {
  /** Where ssh goes when names may not be found any more: addresses, each in its turn. */
  addresses: readonly string[] = [];
  readonly #options: LineOptions;
  readonly #bridge: BridgeThread;
  readonly #program: string = readFileSync(PROGRAM, 'utf8');
  #attempt: Attempt | null = null;
  #number: number = 0;
  /** When the present connection came up; 0: it has not. */
  #upAt: number = 0;
  #hasBeenUp: boolean = false;
  #wait: number = FIRST_WAIT;
  #search: boolean = false;
  #timer: NodeJS.Timeout | null = null;
  #over: boolean = false;

  constructor(options: LineOptions) {
    this.#options = options;
    const { tap, plan } = options;
    this.#bridge = new BridgeThread(
      { tap, mtu: plan.settings.network.mtu },
      {
        joined: (number) => this.#joined(number),
        parted: (number, error, noise) => void this.#parted(number, error, noise),
        broken: (error) => this.#fail(error),
      },
    );
  }

  /** The process that carries the cable. */
  get pid(): number | null {
    return this.#attempt?.child.pid ?? null;
  }

  connect(): void {
    const { plan, caller, settings } = this.#options;
    const marker = `reslirp-tunnel:${randomBytes(16).toString('hex')}\n`;
    const { bootstrap, opening } = shipment(this.#program, this.#order(marker));
    const { addresses } = this;
    const at = this.#hasBeenUp ? (addresses[this.#number % addresses.length] ?? null) : null;
    const number = ++this.#number;
    this.#upAt = 0;
    const attempt = start(plan.carrier, bootstrap, { caller, settings, at, search: this.#search });
    this.#attempt = attempt;
    this.#bridge.take({ number, input: attempt.input, output: attempt.output, opening, marker });
  }

  /** Resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.#over = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#attempt?.child.kill('SIGTERM');
    await this.#bridge.close();
  }

  #order(marker: string): RemoteOrder {
    const { plan } = this.#options;
    return { marker, args: plan.farArgs, version: version(), network: plan.settings.network.network };
  }

  #joined(number: number): void {
    if (number !== this.#number || this.#over) return;
    const { log, plan, up } = this.#options;
    this.#upAt = performance.now();
    if (this.#hasBeenUp) log.warn(`${nameOf(plan.carrier)}: connected again`);
    else log.info(`${nameOf(plan.carrier)}: connected`);
    this.#hasBeenUp = true;
    up();
  }

  async #parted(number: number, error: string | null, noise: string): Promise<void> {
    if (number !== this.#number || this.#over) return;
    const { child, ended } = this.#attempt!;
    const timer = setTimeout(() => child.kill('SIGTERM'), error === null ? GRACE : 0);
    const outcome = await ended;
    clearTimeout(timer);
    this.#attempt = null;
    if (this.#over) return;
    if (this.#upAt === 0 && this.#mayLookFor(outcome)) {
      this.#search = true;
      this.connect();
      return;
    }
    this.#decide(
      this.#upAt > 0 ? `the connection has ended (status ${outcome.code})` : this.#why(outcome, noise, error),
    );
  }

  #why(outcome: Outcome, noise: string, error: string | null): string {
    return diagnose(this.#options.plan.carrier, outcome, noise, error);
  }

  /** A shell that says 127 is one that can look elsewhere. */
  #mayLookFor(outcome: Outcome): boolean {
    const { carrier } = this.#options.plan;
    return (
      carrier.kind === 'ssh' && carrier.node === null && !this.#search && outcome.code === 127 && lacksNode(outcome)
    );
  }

  #decide(why: string): void {
    const { plan, log } = this.#options;
    const text = `${nameOf(plan.carrier)}: ${why}`;
    if (!this.#hasBeenUp || !plan.reconnects) {
      this.#fail(text);
      return;
    }
    if (this.#upAt > 0 && performance.now() - this.#upAt > LASTING) this.#wait = FIRST_WAIT;
    log.warn(`${text}; again in ${this.#wait / 1_000} s`);
    this.#timer = setTimeout(() => this.connect(), this.#wait);
    this.#wait = Math.min(LONGEST_WAIT, 2 * this.#wait);
  }

  #fail(error: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.failed(error);
  }
}
