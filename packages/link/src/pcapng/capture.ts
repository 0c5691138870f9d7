// A capture of everything that passes on any number of cables, as pcapng.
//
// Blocks gather in one buffer, and leave when it is full, and at flush(), the end of the turn: whole ones in every write, so
// that the file can be read while it grows. A frame that came in is copied first and judged afterwards (the stack, or the
// guest's own frame under a poisoner, may overwrite it); the verdict, if there is one, is put into its block, which is in the
// buffer still, before whatever the frame has caused. What a link with offload leaves unfinished is captured as it is: segments of up to 64
// KiB, and checksums that the link completes, as any capture on such an interface has them.
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
  /** Nanoseconds since 1970. */
  now(): bigint;
  /** Who writes the file. */
  readonly application: string;
}

/** One cable of a capture. */
interface Interface {
  /** Number in the file. */
  readonly id: number;
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
  #closed: boolean = false;

  /** Writes the beginning of the file. */
  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#put(Blocks.section(options.application));
  }

  /** The same cable, captured under that name until it is closed. */
  record(link: Link, name: string): Link {
    const { mtu } = link;
    const start = this.#options.now();
    const of: Interface = { id: this.#nextId++, start, received: 0, dropped: 0, buffered: 0 };
    this.#interfaces.add(of);
    this.#put(Blocks.interfaceDescription(name, mtu, SNAP_LENGTH));
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
    this.#used = 0;
    this.#judged = -1;
  }

  /** Writes statistics of what is left, and takes nothing more. */
  close(): void {
    for (const one of [...this.#interfaces]) this.ended(one);
    this.flush();
    this.#closed = true;
  }

  /** A frame is to be written: its bytes go to `bytes` at the offset that is returned; then committed(). */
  reserve(): number {
    if (this.#used > BATCH) this.flush();
    return this.#used + Blocks.PACKET_HEADER;
  }

  get bytes(): Uint8Array {
    return this.#buffer;
  }

  committed(of: Interface, length: number, direction: Blocks.Direction): void {
    if (this.#closed) return;
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
    const { start, received, dropped } = of;
    this.#put(Blocks.interfaceStatistics(of.id, { start, now: this.#options.now(), received, dropped }));
    this.flush();
    this.#interfaces.delete(of);
  }

  #put(block: Uint8Array): void {
    if (this.#closed) return;
    if (this.#used > BATCH) this.flush();
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
    const at = this.#capture.reserve();
    copy(this.#capture.bytes, at, at, this.slab, this.reserved, this.reserved + size);
    if (lent !== null) copy(this.#capture.bytes, at, at + size, lent, from, to);
    this.#capture.committed(this.#of, size + (lent === null ? 0 : to - from), Blocks.Direction.OUT);
    super.commit(size, lent, from, to, unfinished);
  }

  override close(): void {
    this.#capture.ended(this.#of);
    super.close();
  }

  protected override received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
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
