// Many guests in one process: each link that joins gets a network of its own, the same for all, and an equal share of this
// machine; or all are in one, as on a switch. What one of them does wrong is its own end, and nobody else's.
//
// Where networks are kept for guests that come back, a cable is theirs when it comes by the same way (the same door, so that it has
// shown the same token), and by a way that leads to one guest alone, or from a MAC address that was heard on the cable before.
// Who is here goes before who is gone: a network that waits gives way when there are as many as may be.
import type { Link } from '@reslirp/link';
import { counting } from './control/forward-book.ts';
import type { GuestPort } from './control/networks.ts';
import { dump } from './dump.ts';
import type { Log } from './log.ts';
import { type Recording, recordingOf } from './recording.ts';
import { type Running, run, type Share } from './run.ts';
import { Seat, type Served } from './seat.ts';
import type { NetworkSettings } from './settings.ts';
import { Shared } from './shared.ts';
import type { Counters, Named } from './snapshot.ts';
import { Visitor } from './visitor.ts';

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
  /** How long the network of a guest whose cable has ended waits for it, milliseconds: 0, it ends with the cable. */
  readonly keep?: number;
  /** All guests are in one network; `isolated`: where they reach what it leads to, and not each other. Each has its own: null. */
  readonly shared?: { readonly isolated: boolean } | null;
  /** Each network that begins: one for every guest, or the one for all. */
  readonly begun?: (network: Running, guests: () => readonly GuestPort[]) => void;
}

/** How a guest comes. */
export interface Origin {
  /** What is the same for all who come by it, compared by identity. */
  readonly way: object;
  /** Only one guest comes by it: whoever does is that one. */
  readonly alone: boolean;
}

/** A cable that has joined. */
interface Joined {
  readonly cable: Link;
  readonly name: string;
  readonly way: object | null;
  readonly left: (error: Error | null) => void;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #keep: number;
  /** In the order in which they came, or began to wait. */
  readonly #seats: Set<Seat> = new Set();
  readonly #visitors: Map<Visitor, Joined> = new Map();
  readonly #number: () => number = counting();
  readonly #shared: Shared | null;
  readonly #recording: Recording | null;
  readonly #counters: { returned: number; lapsed: number; displaced: number } = {
    returned: 0,
    lapsed: 0,
    displaced: 0,
  };
  #closed: boolean = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { shared = null, keep = 0 } = options;
    this.#keep = keep;
    this.#recording = recordingOf(options.settings.recording, options.log);
    this.#shared = shared === null ? null : new Shared({ ...options, ...shared, recording: this.#recording });
  }

  /** Guests that are there now. */
  get guests(): number {
    return this.#seats.size - this.waiting + this.#visitors.size;
  }

  /** Networks, or ports, whose guest is gone and may come back. */
  get waiting(): number {
    let n = 0;
    for (const seat of this.#seats) if (seat.waiting) n++;
    return n;
  }

  /** Whether the next one has no place. */
  get full(): boolean {
    return this.guests >= this.#options.most;
  }

  /**
   * Guests that have come back to their networks, networks whose guests have not, and those that gave way to others; and networks that
   * wait now.
   */
  stats(): Counters {
    return { ...this.#counters, waiting: this.waiting };
  }

  /**
   * Serves a guest, whose link is the relay's from now on. False when there is no place: then the link is closed. `left`: once,
   * when the link has ended. Without an `origin` the guest is never known again.
   */
  join(
    cable: Link,
    name: string,
    left: (error: Error | null) => void = () => {},
    origin: Origin | null = null,
  ): boolean {
    if (this.#closed || this.full) {
      cable.close();
      return false;
    }
    const way = origin?.way ?? null;
    const joined: Joined = { cable, name, way, left };
    const waiting = this.#waitingFor(way);
    if (waiting.length === 0) this.#seat(joined);
    else if (origin?.alone === true) this.#goOn(waiting[0]!, joined);
    else this.#receive(joined);
    return true;
  }

  /** Of each guest's network, or of the one for all. */
  snapshots(): readonly Named[] {
    if (this.#shared !== null) return [[null, this.#shared.snapshot()]];
    return [...this.#seats].flatMap((seat): Named[] => {
      const snapshot = seat.snapshot();
      return snapshot === null ? [] : [[seat.name, snapshot]];
    });
  }

  /** Ends every guest's network. Nobody joins any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#shared?.close();
    for (const seat of this.#seats) seat.close();
    for (const visitor of this.#visitors.keys()) visitor.close();
    this.#seats.clear();
    this.#visitors.clear();
    this.#recording?.close();
  }

  #waitingFor(way: object | null): Seat[] {
    return way === null ? [] : [...this.#seats].filter((seat) => seat.waiting && seat.way === way);
  }

  /** A new guest. */
  #seat({ cable, name, way, left }: Joined): void {
    const displaced = this.#makeRoom();
    const log = this.#options.log.about(name);
    const seat: Seat = new Seat(
      {
        name,
        log,
        way,
        keep: this.#keep,
        wrap: (link) => this.#recording?.record(link, name) ?? link,
        serve: (link) => this.#serve(dump(link, this.#options.settings, log), log, name),
        waits: () => this.#waits(seat),
        over: () => this.#over(seat),
      },
      cable.mtu,
    );
    this.#seats.add(seat);
    seat.plug(cable, left);
    if (displaced) this.#release();
  }

  #serve(link: Link, log: Log, name: string): Served {
    const guest = { id: this.#number(), name, since: new Date() };
    if (this.#shared !== null) return this.#shared.attach(link, log, guest);
    const { settings, begun } = this.#options;
    const running = run({ link, settings, log, share: SHARE, recording: this.#recording });
    const guests = [{ ...guest, port: null }];
    begun?.(running, () => guests);
    return running;
  }

  /** Somebody who was here before. */
  #goOn(seat: Seat, { cable, name, left }: Joined): void {
    this.#counters.returned++;
    this.#options.log.info(`${name}: is back, and goes on as ${seat.name}`);
    seat.plug(cable, left);
  }

  /** Somebody who may have been here before. */
  #receive(joined: Joined): void {
    const { way } = joined;
    const { gateway } = this.#options.settings.network;
    const visitor: Visitor = new Visitor(
      joined.cable,
      gateway,
      () => new Set(this.#waitingFor(way).flatMap(({ identity }) => [...identity.ips])),
      (b, at, end) =>
        this.#introduced(
          visitor,
          this.#waitingFor(way).find(({ identity }) => identity.knows(b, at, end)),
        ),
    );
    visitor.onEnd((error) => {
      visitor.close();
      this.#visitors.delete(visitor);
      joined.left(error);
    });
    this.#visitors.set(visitor, { ...joined, cable: visitor });
  }

  /** It is known who that is: `seat`'s guest, or a new one. */
  #introduced(visitor: Visitor, seat: Seat | undefined): void {
    const joined = this.#visitors.get(visitor)!;
    this.#visitors.delete(visitor);
    visitor.settle();
    if (seat === undefined) this.#seat(joined);
    else this.#goOn(seat, joined);
  }

  #waits(seat: Seat): void {
    this.#seats.delete(seat);
    this.#seats.add(seat);
  }

  #over(seat: Seat): void {
    this.#seats.delete(seat);
    if (this.#keep > 0 && seat.way !== null) this.#counters.lapsed++;
    this.#release();
  }

  /** Who cannot be anybody that is waited for is new. */
  #release(): void {
    for (const [visitor, { way }] of this.#visitors) {
      if (this.#waitingFor(way).length === 0) this.#introduced(visitor, undefined);
    }
  }

  /** There may be as many as there are, those who wait included: then the one that has waited longest ends. Whether it did. */
  #makeRoom(): boolean {
    if (this.#seats.size < this.#options.most) return false;
    for (const seat of this.#seats) {
      if (!seat.waiting) continue;
      this.#counters.displaced++;
      this.#options.log.info(`${seat.name}: has not come back, and others have: its place is given away`);
      seat.close();
      this.#seats.delete(seat);
      return true;
    }
    return false;
  }
}
