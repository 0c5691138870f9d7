// Many guests in one process: each link that joins gets a network of its own, the same for all, and an equal share of this
// machine; or all are in one, as on a switch. What one of them does wrong is its own end, and nobody else's.
import type { Link } from '@reslirp/link';
import { dump } from './dump.ts';
import type { Log } from './log.ts';
import { type Recording, recordingOf } from './recording.ts';
import { type Running, run, type Share } from './run.ts';
import type { NetworkSettings } from './settings.ts';
import { Shared } from './shared.ts';
import type { Named, Snapshot } from './snapshot.ts';

/** Of one guest: at most some 200 MiB of buffers, when every flow is as full as it can be. */
const SHARE: Share = {
  limits: {
    tcpFlows: 1_024,
    udpFlows: 512,
    neighbours: 64,
    reassemblies: 16,
    reassemblyBytes: 1 << 18,
    tcpMemory: 32 << 20,
  },
  maxSockets: 1_024,
  maxDatagramSockets: 512,
};

export interface RelayOptions {
  readonly settings: NetworkSettings;
  readonly log: Log;
  /** Guests at once. */
  readonly most: number;
  /** All guests are in one network; `isolated`: where they reach what it leads to, and not each other. Each has its own: null. */
  readonly shared?: { readonly isolated: boolean } | null;
  /** Each network that begins: one for every guest, or the one for all. */
  readonly begun?: (network: Running) => void;
}

/** A guest's network, or its port. */
interface Served {
  snapshot?(): Snapshot;
  close(): void;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #guests: Map<Link, Served> = new Map();
  readonly #names: Map<Link, string> = new Map();
  readonly #shared: Shared | null;
  readonly #recording: Recording | null;
  #closed: boolean = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { shared = null } = options;
    this.#recording = recordingOf(options.settings.recording, options.log);
    this.#shared = shared === null ? null : new Shared({ ...options, ...shared, recording: this.#recording });
  }

  /** Guests that are there now. */
  get guests(): number {
    return this.#guests.size;
  }

  /** Whether the next one has no place. */
  get full(): boolean {
    return this.#guests.size >= this.#options.most;
  }

  /** Serves a guest, whose link is the relay's from now on. False when there is no place: then the link is closed. `left`: once. */
  join(cable: Link, name: string, left: (error: Error | null) => void = () => {}): boolean {
    if (this.#closed || this.full) {
      cable.close();
      return false;
    }
    const link = this.#recording?.record(cable, name) ?? cable;
    const log = this.#options.log.about(name);
    this.#guests.set(link, this.#serve(dump(link, this.#options.settings, log), log));
    this.#names.set(link, name);
    link.onEnd((error) => {
      log.info(error === null ? 'has left' : error.message);
      this.#leave(link);
      left(error);
    });
    return true;
  }

  /** Of each guest's network, or of the one for all. */
  snapshots(): readonly Named[] {
    if (this.#shared !== null) return [[null, this.#shared.snapshot()]];
    return [...this.#guests].flatMap(([link, served]): Named[] =>
      served.snapshot === undefined ? [] : [[this.#names.get(link) ?? null, served.snapshot()]],
    );
  }

  /** Ends every guest's network. Nobody joins any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#shared?.close();
    for (const link of [...this.#guests.keys()]) this.#leave(link);
    this.#recording?.close();
  }

  #serve(link: Link, log: Log): Served {
    if (this.#shared !== null) return this.#shared.attach(link, log);
    const { settings, begun } = this.#options;
    const running = run({ link, settings, log, share: SHARE, recording: this.#recording });
    begun?.(running);
    return running;
  }

  #leave(link: Link): void {
    this.#guests.get(link)?.close();
    this.#guests.delete(link);
    this.#names.delete(link);
    link.close();
  }
}
