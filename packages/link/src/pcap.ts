// A capture of everything that passes, in the classic format with nanoseconds
// (draft-ietf-opsawg-pcap 4 and 5), which every tool reads. Little-endian on every machine.
import type { Link, Unfinished } from './link.ts';
import { Wrapper } from './wrapper.ts';

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

export interface PcapOptions {
  /** The next bytes of the file. Lent for the call. */
  write(b: Uint8Array): void;
  /** Nanoseconds since 1970. */
  now(): bigint;
  /** Bytes kept of each frame: 262,144. */
  readonly snapLength?: number;
}

/**
 * What a link with offload leaves unfinished is captured as it is: long frames, and checksums that the link completes,
 * as any capture on such an interface has them.
 */
export function pcap(link: Link, options: PcapOptions): Link {
  return new Capture(link, options);
}

class Capture extends Wrapper {
  readonly #options: PcapOptions;
  readonly #snapLength: number;
  readonly #record: Uint8Array;
  readonly #view: DataView;

  constructor(link: Link, options: PcapOptions) {
    super(link);
    this.#options = options;
    this.#snapLength = options.snapLength ?? 262_144;
    this.#record = new Uint8Array(RECORD_HEADER + this.#snapLength);
    this.#view = new DataView(this.#record.buffer);
    options.write(this.#fileHeader());
  }

  override commit(
    size: number,
    lent: Uint8Array | null = null,
    from: number = 0,
    to: number = 0,
    unfinished: Unfinished | null = null,
  ): void {
    this.#put(0, this.slab, this.reserved, this.reserved + size);
    if (lent !== null) this.#put(size, lent, from, to);
    this.#write(size + (lent === null ? 0 : to - from));
    super.commit(size, lent, from, to, unfinished);
  }

  protected override received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
    this.#put(0, b, at, end);
    this.#write(end - at);
    super.received(b, at, end, trusted);
  }

  /** Bytes [from, to) of `b` to place `offset` of the frame, as far as they are kept. */
  #put(offset: number, b: Uint8Array, from: number, to: number): void {
    const kept = Math.min(to, from + this.#snapLength - offset);
    if (from < kept) this.#record.set(b.subarray(from, kept), RECORD_HEADER + offset);
  }

  #write(length: number): void {
    const now = this.#options.now();
    const kept = Math.min(length, this.#snapLength);
    this.#view.setUint32(0, Number(now / 1_000_000_000n), true);
    this.#view.setUint32(4, Number(now % 1_000_000_000n), true);
    this.#view.setUint32(8, kept, true);
    this.#view.setUint32(12, length, true);
    this.#options.write(this.#record.subarray(0, RECORD_HEADER + kept));
  }

  #fileHeader(): Uint8Array {
    const header = new Uint8Array(FILE_HEADER);
    const view = new DataView(header.buffer);
    view.setUint32(0, MAGIC_NANOSECONDS, true);
    view.setUint16(4, 2, true); // version 2.4
    view.setUint16(6, 4, true);
    view.setUint32(16, this.#snapLength, true);
    view.setUint32(20, LINKTYPE_ETHERNET, true);
    return header;
  }
}
