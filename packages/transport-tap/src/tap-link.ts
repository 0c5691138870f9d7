// A TAP as a link: one read(2) a frame in, one writev(2) a frame out, with a virtio header before each.
//
// With it the kernel on the other side hands over TCP segments of up to 64 KiB whatever the MTU, with their checksums left
// undone, and takes them the same way: nothing is summed or cut in this process. Payloads go from the flow's ring to the
// kernel without a copy.
import { Handlers, type Link, NO_OFFLOAD, type Offload, type Unfinished } from '@reslirp/link';
import { AddressCache, Epoll, Errno, errorName, type Loop, libc, Region } from '@reslirp/syscall';
import { isGone, type Tap } from './tap.ts';
import { Train } from './train.ts';
import * as Virtio from './virtio.ts';

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;
/** The largest IP packet there is. */
const LARGEST = 65_535;
/** Room for IP and TCP headers with all options in a packet of the largest size. */
const MOST_SEGMENTED = LARGEST - 120;
/** Frames that are read before the flows and the sockets have their turn. */
const BATCH = 64;
const VECTOR = 16;

export interface TapLinkOptions {
  readonly tap: Tap;
  readonly loop: Loop;
  /** Largest IP packet toward the guest, bytes: 1500. */
  readonly mtu?: number;
}

/** Frames that were lost, and why. */
export interface TapCounters {
  /** The interface was down, or had no room. */
  lost: number;
  /** What came was no virtio header with a frame, or was longer than any frame. */
  malformed: number;
}

export class TapLink extends Handlers implements Link {
  readonly mtu: number;
  readonly offload: Offload;
  readonly slab: Uint8Array;
  readonly counters: TapCounters = { lost: 0, malformed: 0 };
  readonly #fd: number;
  readonly #loop: Loop;
  /** Where the virtio header begins, in what leaves and in what comes: 0 bytes of it when the TAP has none. */
  readonly #virtio: number;
  readonly #out: Region;
  readonly #in: Region;
  readonly #vectors: Region = new Region(2 * VECTOR);
  readonly #train: Train = new Train();
  readonly #lent: AddressCache = new AddressCache();
  #closed: boolean = false;
  /** Nobody wants to hear of its end any more. */
  #silent: boolean = false;

  constructor({ tap, loop, mtu = 1500 }: TapLinkOptions) {
    super();
    this.mtu = mtu;
    this.offload = offloadOf(tap);
    this.#fd = tap.fd;
    this.#loop = loop;
    this.#virtio = tap.header;
    this.#out = new Region(this.#virtio + LARGEST + HEADERS);
    this.#in = new Region(this.#virtio + LARGEST + HEADERS + 1); // a frame that fills it is too long
    this.slab = this.#out.bytes;
    this.#vectors.pointer(0, this.#out.address);
    loop.add(tap.fd, Epoll.IN, this);
  }

  reserve(size: number): number {
    return this.#closed || size > LARGEST + HEADERS ? -1 : this.#virtio;
  }

  commit(
    size: number,
    lent: Uint8Array | null = null,
    from: number = 0,
    to: number = 0,
    unfinished: Unfinished | null = null,
  ): void {
    if (this.#virtio > 0) {
      if (unfinished === null) Virtio.putNothing(this.#out.view, 0);
      else Virtio.putUnfinished(this.#out.view, 0, unfinished, size);
    }
    const head = this.#virtio + size;
    const result =
      lent === null || from === to ? libc.write(this.#fd, this.#out.address, head) : this.#join(head, lent, from, to);
    if (result < 0) this.#failed(result);
  }

  /** Every frame has left already. */
  flush(): void {}

  close(): void {
    this.#silent = true;
    this.#release();
  }

  /** An event of the loop. */
  ready(): void {
    const { bytes, address } = this.#in;
    for (let i = 0; i < BATCH && !this.#closed; i++) {
      const n = libc.read(this.#fd, address, bytes.length);
      if (n === -Errno.EAGAIN) return;
      if (n <= 0) {
        this.#failed(n);
        return;
      }
      if (n === bytes.length || (this.#virtio > 0 && !Virtio.isSound(bytes, 0, n, this.offload.datagrams > 0)))
        this.counters.malformed++;
      else this.#deliver(n);
    }
  }

  #deliver(end: number): void {
    const { bytes } = this.#in;
    if (this.#virtio === 0) this.frame(bytes, 0, end, false);
    else if (Virtio.isTrain(bytes, 0)) this.#deliverTrain(end);
    else {
      Virtio.completeInner(bytes, 0, end);
      this.frame(bytes, this.#virtio, end, Virtio.isTrusted(bytes, 0));
    }
  }

  /** Datagrams that the guest's kernel has left uncut: here is where they become frames. */
  #deliverTrain(end: number): void {
    const { bytes } = this.#in;
    const train = this.#train;
    if (!train.open(bytes, this.#virtio, end, Virtio.headers(bytes, 0), Virtio.mss(bytes, 0))) {
      this.counters.malformed++;
      return;
    }
    while (!this.#closed && train.next()) this.frame(bytes, train.at, train.end, true);
  }

  #join(head: number, lent: Uint8Array, from: number, to: number): number {
    const v = this.#vectors;
    v.size(8, head);
    v.pointer(VECTOR, this.#lent.of(lent) + from);
    v.size(VECTOR + 8, to - from);
    return libc.writev(this.#fd, v.address, 2);
  }

  /** A cable loses frames now and then. One that is gone is told of once; 0: the other end of a socket was closed. */
  #failed(result: number): void {
    if (result < 0) this.counters.lost++;
    if (!isGone(result) || this.#closed) return;
    this.#release();
    const error = result === 0 ? null : new Error(`the TAP is gone: ${errorName(result)}`);
    this.#loop.defer(() => {
      if (!this.#silent) this.end(error);
    });
  }

  #release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.remove(this.#fd);
    libc.close(this.#fd);
  }
}

function offloadOf({ offload }: Tap): Offload {
  if (offload === 'none') return NO_OFFLOAD;
  const datagrams = offload === 'datagrams' ? MOST_SEGMENTED : 0;
  return { checksum: true, segmentation: offload === 'checksums' ? 0 : MOST_SEGMENTED, datagrams };
}
