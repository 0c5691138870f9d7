// A socket in the wall: cables are plugged into it and pulled out, and whoever is behind it stays. Without a cable it is a link
// that is full: nothing is queued, nothing is taken, and there is room again when the next one is plugged in.
//
// What was under way on a cable that breaks is lost, as on any cable. Frames are the new one's alone as soon as it is plugged in.
import { Handlers } from './handlers.ts';
import { type Link, NO_OFFLOAD, type Offload, type Unfinished } from './link.ts';

const NOTHING = new Uint8Array(0);

export interface JackOptions {
  /** Largest IP packet that is sent, bytes: every cable must carry it. */
  readonly mtu: number;
  /** What every cable offers: nothing. */
  readonly offload?: Offload;
}

export class Jack extends Handlers implements Link {
  readonly mtu: number;
  readonly offload: Offload;
  #cable: Link | null = null;
  #unplugged: (error: Error | null) => void = (error) => this.over(error);
  /** A reserve() said -1. */
  #starved: boolean = false;
  #over: boolean = false;
  #closed: boolean = false;

  constructor({ mtu, offload = NO_OFFLOAD }: JackOptions) {
    super();
    this.mtu = mtu;
    this.offload = offload;
  }

  /** Whether there is a cable. */
  get plugged(): boolean {
    return this.#cable !== null;
  }

  get slab(): Uint8Array {
    return this.#cable?.slab ?? NOTHING;
  }

  /**
   * A cable has ended, and is closed: null for an orderly end, else what broke. The link itself goes on until over() says otherwise.
   * Without this handler it ends with its cable.
   */
  onUnplugged(handler: (error: Error | null) => void): void {
    this.#unplugged = handler;
  }

  /**
   * The cable is the jack's from now on; one that is in it already is closed. Not from within reserve() or commit().
   * Throws a TypeError for a cable that does not carry as much, or offers something else.
   */
  plug(cable: Link): void {
    this.#refuseUnlike(cable);
    const before = this.#cable;
    this.#cable = cable;
    before?.close();
    cable.onFrame((b, at, end, trusted) => {
      if (this.#cable === cable && !this.#closed) this.frame(b, at, end, trusted);
    });
    cable.onRoom(() => {
      if (this.#cable === cable) this.#hasRoom();
    });
    cable.onEnd((error) => this.#ended(cable, error));
    if (this.#closed || this.#over) this.#pull();
    else this.#hasRoom();
  }

  /** Nobody will plug in a cable any more: the end, in order or not. One that is in it is closed. */
  over(error: Error | null): void {
    if (this.#over || this.#closed) return;
    this.#over = true;
    this.#pull();
    this.end(error);
  }

  reserve(size: number): number {
    if (this.#closed || this.#over) return -1;
    const at = this.#cable?.reserve(size) ?? -1;
    if (at < 0) this.#starved = true;
    return at;
  }

  commit(
    size: number,
    lent: Uint8Array | null = null,
    from: number = 0,
    to: number = 0,
    unfinished: Unfinished | null = null,
  ): void {
    this.#cable?.commit(size, lent, from, to, unfinished);
  }

  flush(): void {
    this.#cable?.flush();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pull();
  }

  #ended(cable: Link, error: Error | null): void {
    if (this.#cable !== cable) return;
    this.#pull();
    if (!this.#over && !this.#closed) this.#unplugged(error);
  }

  #pull(): void {
    const cable = this.#cable;
    this.#cable = null;
    cable?.close();
  }

  #hasRoom(): void {
    if (!this.#starved || this.#closed) return;
    this.#starved = false;
    this.room();
  }

  #refuseUnlike({ mtu, offload }: Link): void {
    const own = this.offload;
    const isAlike =
      offload.checksum === own.checksum &&
      offload.segmentation === own.segmentation &&
      offload.datagrams === own.datagrams;
    if (mtu >= this.mtu && isAlike) return;
    throw new TypeError(
      `a cable for packets of ${mtu} bytes does not go into a jack for ${this.mtu}, or offers something else`,
    );
  }
}
