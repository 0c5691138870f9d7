// One network for all guests: a switch, with the stack behind its uplink.
import { Turn } from '@reslirp/host-node';
import type { Link } from '@reslirp/link';
import { type Port, Switch } from '@reslirp/switch';
import type { GuestPort } from './control/networks.ts';
import { Level, type Log } from './log.ts';
import type { Recording } from './recording.ts';
import { type Running, run } from './run.ts';
import type { NetworkSettings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';

export interface SharedOptions {
  readonly settings: NetworkSettings;
  readonly log: Log;
  /** Guests reach the network, and not each other. */
  readonly isolated: boolean;
  /** Of the guests' links. */
  readonly recording: Recording | null;
  readonly begun?: (network: Running, guests: () => readonly GuestPort[]) => void;
}

export class Shared {
  readonly #turn: Turn = new Turn();
  readonly #network: Switch;
  readonly #running: Running;
  readonly #recording: Recording | null;
  readonly #guests: Set<GuestPort> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor({ settings, log, isolated, recording, begun }: SharedOptions) {
    const { mtu, mru } = settings.network;
    this.#network = new Switch({ now: this.#turn.now, mtu, mru, isolated });
    this.#recording = recording;
    this.#running = run({ link: this.#network.uplink, settings, log, recording, turn: this.#turn });
    begun?.(this.#running, () => [...this.#guests]);
    // After the stack has said everything: run() listens first
    this.#turn.onEnd((now) => this.#turnEnds(now));
  }

  /** Puts a guest's link on a port. Returns what takes it away again. */
  attach(link: Link, log: Log, who: Omit<GuestPort, 'port'>): { close(): void } {
    const port = this.#network.attach(link);
    const guest = { ...who, port };
    this.#guests.add(guest);
    this.#turn.now();
    return {
      close: () => {
        this.#guests.delete(guest);
        port.detach();
        tell(port, log);
      },
    };
  }

  snapshot(): Snapshot {
    return this.#running.snapshot();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running.close();
  }

  #turnEnds(now: number): void {
    this.#network.flush();
    this.#recording?.flush();
    const at = this.#network.deadline();
    if (at === Infinity) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#network.poll(this.#turn.now()), Math.max(1, Math.ceil(at - now)));
  }
}

/** What its port has counted, at debug. */
function tell(port: Port, log: Log): void {
  if (log.level < Level.DEBUG) return;
  const counted = Object.entries(port.counters).filter(([, n]) => n > 0);
  log.debug(`port: ${counted.length === 0 ? 'nothing' : counted.map(([what, n]) => `${what} ${n}`).join(', ')}`);
}
