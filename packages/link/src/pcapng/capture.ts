// A capture of everything that passes on any number of cables, as pcapng.
//
// Blocks gather in one buffer, and leave when it is full, and at flush(), the end of the turn: whole ones in every write, so
// that the file can be read while it grows. A frame that came in is copied first and judged afterwards (the stack, or the
// guest's own frame under a poisoner, may overwrite it); the verdict, if there is one, is put into its block, which is in the
// buffer still, before whatever the frame has caused. What a link with offload leaves unfinished is captured as it is: segments of
// up to 64 KiB, and checksums that the link completes, as any capture on such an interface has them.
//
// What describes the cables must not be lost: with a new file, or when a write that had a description in it was lost, a new
// section begins, with the cables that there are, and numbers them anew.
import type { Link, Unfinished } from '../link.ts';
import { Wrapper } from '../wrapper.ts';
import * as Blocks from './blocks.ts';

/** Of each frame: more than any link has. */
const SNAP_LENGTH = 262_144;
/** The buffer is written when it holds so much. */
const BATCH = 1 << 18;
/** Room behind that for one more frame, and a comment. */
const ROOM = Blocks.packetSize(SNAP_LENGTH) + 4_096;

export interface CaptureOptions {
  /** Whole blocks. Lent for the call. False: they are lost. */
  write(b: Uint8Array): boolean;
  /** Asked after each write: whether what follows goes to another file, which is open then. */
  renew?(): boolean;
  /** Nanoseconds since 1970. */
  now(): bigint;
  /** Who writes the file. */
  readonly application: string;
}

/** One cable of a capture. */
interface Interface {
  readonly name: string;
  readonly mtu: number;
  /** Number in the section. */
  id: number;
  readonly start: bigint;
  received: number;
  dropped: number;
  /** Frames in the buffer. */
  buffered: number;
}

export class Capture {
  readonly #options: CaptureOptions;
  readonly #buffer: Uint8Array = new Uint8Array(BATCH + ROOM);
  readonly #view: DataView = new DataView(this.#buffer.buffer);
  readonly #interfaces: Set<Interface> = new Set();
  #used: number = 0;
  /** Where the frame that is being judged begins; -1 when none is. */
  #judged: number = -1;
  #nextId: number = 0;
  /** Something in the buffer must be there for the rest to be read. */
  #isNeeded: boolean = false;
  #isBeginning: boolean = false;
  #closed: boolean = false;

  /** Writes the beginning of the file. */
  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#begin();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The same cable, captured under that name until it is closed. */
  record(link: Link, name: string): Link {
    const { mtu } = link;
    this.#makeRoom();
    const of: Interface = { name, mtu, id: -1, start: this.#options.now(), received: 0, dropped: 0, buffered: 0 };
    this.#interfaces.add(of);
    this.#describe(of);
    return new Recorded(link, this, of);
  }

  /** The frame that has just come in is not carried. */
  dropped(reason: string): void {
    if (this.#judged < 0) return;
    const added = Blocks.comment(`dropped: ${reason}`);
    if (this.#used + added.length > this.#buffer.length) return;
    Blocks.insertOption(this.#buffer, this.#view, this.#judged, this.#used, added);
    this.#used += added.length;
    this.#judged = -1;
  }

  /** The turn is over: what has gathered is written. */
  flush(): void {
    if (this.#used === 0) return;
    const isKept = this.#options.write(this.#buffer.subarray(0, this.#used));
    for (const one of this.#interfaces) {
      if (!isKept) one.dropped += one.buffered;
      one.buffered = 0;
    }
    const isUnreadable = this.#isNeeded && !isKept;
    this.#used = 0;
    this.#judged = -1;
    this.#isNeeded = false;
    if (this.#closed || this.#isBeginning) return;
    if (this.#options.renew?.() === true || isUnreadable) this.#begin();
  }

  /** Writes statistics of what is left, and takes nothing more. */
  close(): void {
    for (const one of [...this.#interfaces]) this.ended(one);
    this.#closed = true;
    this.flush();
  }

  /** A frame is to be written: its bytes go to `bytes` at the offset that is returned; then committed(). */
  reserve(): number {
    this.#makeRoom();
    return this.#used + Blocks.PACKET_HEADER;
  }

  get bytes(): Uint8Array {
    return this.#buffer;
  }

  committed(of: Interface, length: number, direction: Blocks.Direction): void {
    const kept = Math.min(length, SNAP_LENGTH);
    const time = this.#options.now();
    Blocks.putPacket(this.#view, this.#used, { id: of.id, time, length, kept, direction });
    if (direction === Blocks.Direction.IN) this.#judged = this.#used;
    this.#used += Blocks.packetSize(kept);
    of.received++;
    of.buffered++;
  }

  /** Nothing more is said of the last frame. */
  judged(): void {
    this.#judged = -1;
  }

  /** The cable is closed. */
  ended(of: Interface): void {
    if (this.#closed || !this.#interfaces.has(of)) return;
    this.flush(); // so that what it may lose is counted
    this.#makeRoom();
    const { id, start, received, dropped } = of;
    this.#put(Blocks.interfaceStatistics(id, { start, now: this.#options.now(), received, dropped }));
    this.#interfaces.delete(of);
    this.flush();
  }

  #begin(): void {
    this.#isBeginning = true;
    this.#nextId = 0;
    this.#put(Blocks.section(this.#options.application));
    this.#isNeeded = true;
    for (const one of this.#interfaces) {
      this.#makeRoom();
      this.#describe(one);
    }
    this.#isBeginning = false;
  }

  #describe(one: Interface): void {
    one.id = this.#nextId++;
    this.#put(Blocks.interfaceDescription(one.name, one.mtu, SNAP_LENGTH));
    this.#isNeeded = true;
  }

  /** For one more frame, or one more block. */
  #makeRoom(): void {
    if (this.#used > BATCH) this.flush();
  }

  #put(block: Uint8Array): void {
    if (this.#closed) return;
    this.#buffer.set(block, this.#used);
    this.#used += block.length;
  }
}

class Recorded extends Wrapper {
  readonly #capture: Capture;
  readonly #of: Interface;

  constructor(link: Link, capture: Capture, of: Interface) {
    super(link);
    this.#capture = capture;
    this.#of = of;
  }

  override commit(
    size: number,
    lent: Uint8Array | null = null,
    from: number = 0,
    to: number = 0,
    unfinished: Unfinished | null = null,
  ): void {
    if (!this.#capture.closed) {
      const at = this.#capture.reserve();
      copy(this.#capture.bytes, at, at, this.slab, this.reserved, this.reserved + size);
      if (lent !== null) copy(this.#capture.bytes, at, at + size, lent, from, to);
      this.#capture.committed(this.#of, size + (lent === null ? 0 : to - from), Blocks.Direction.OUT);
    }
    super.commit(size, lent, from, to, unfinished);
  }

  override close(): void {
    this.#capture.ended(this.#of);
    super.close();
  }

  protected override received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
    if (this.#capture.closed) {
      super.received(b, at, end, trusted);
      return;
    }
    const to = this.#capture.reserve();
    copy(this.#capture.bytes, to, to, b, at, end);
    this.#capture.committed(this.#of, end - at, Blocks.Direction.IN);
    super.received(b, at, end, trusted);
    this.#capture.judged();
  }
}

/** Bytes [from, to) of `b` to `at`, as far as the frame that begins at `begin` is kept. */
function copy(into: Uint8Array, begin: number, at: number, b: Uint8Array, from: number, to: number): void {
  const kept = Math.min(to, from + begin + SNAP_LENGTH - at);
  if (from < kept) into.set(b.subarray(from, kept), at);
}
