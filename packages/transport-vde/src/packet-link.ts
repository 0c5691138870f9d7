// A link on a socket that keeps messages apart, on a thread's own epoll loop: one frame in each, and nothing before it. Many frames
// are read by one call, and many written.
//
// The socket may change, and there may be none for a while. What was to be written then waits, and reserve() says -1 in the end.
import { MessageLink, VDE_FRAME } from '@reslirp/link';
import {
  AddressCache,
  Datagrams,
  Epoll,
  Errno,
  Level,
  type Loop,
  libc,
  PacketSend,
  SocketOption,
  setOption,
} from '@reslirp/syscall';

const HEADERS = 18;
/** Frames that are read before flows and sockets have their turn, and that one call writes. */
const BATCH = 64;
/** Asked for; the system gives as much as it allows. What a burst fits into needs no second call. */
const SEND_BUFFER = 1 << 20;
/** What is told of the socket while nothing waits to be written. */
const USUAL = Epoll.IN | Epoll.RDHUP;
const HUNG_UP = Epoll.HUP | Epoll.RDHUP;

export interface PacketLinkOptions {
  readonly loop: Loop;
  /** Largest IP packet that we send, bytes: 1500. */
  readonly mtu?: number;
  /** Longest frame that is taken, bytes: what vde_plug can send (9,234), or mtu + 18 if that is more. A longer one is dropped, and counted. */
  readonly maxFrame?: number;
}

export abstract class PacketLink extends MessageLink {
  protected readonly loop: Loop;
  readonly #sender: PacketSend = new PacketSend(BATCH);
  readonly #reader: Datagrams;
  readonly #addresses: AddressCache = new AddressCache();
  /** -1: none. */
  #fd: number = -1;
  #isWaiting: boolean = false;
  /** What is being written: messages from #next to #count are left of it. */
  #slab: Uint8Array = new Uint8Array(0);
  #ends: Int32Array = new Int32Array(0);
  #next: number = 0;
  #count: number = 0;
  #lost: number = 0;

  constructor({ loop, mtu = 1500, maxFrame = Math.max(VDE_FRAME, mtu + HEADERS) }: PacketLinkOptions) {
    super({
      mtu,
      maxFrame,
      write: (b, ends, count) => this.#begin(b, ends, count),
      finished: () => this.release(),
    });
    this.loop = loop;
    this.#reader = new Datagrams(BATCH, maxFrame + 1); // a frame that fills it is too long
  }

  /** Frames that the system did not take, though there was room. */
  get lost(): number {
    return this.#lost;
  }

  override close(): void {
    super.close();
    if (this.#fd < 0) this.ended(null); // nobody will take what waits
  }

  /** An event of the loop. */
  ready(events: number): void {
    if ((events & Epoll.OUT) !== 0) this.#resume();
    if (this.#fd >= 0 && (events & ~Epoll.OUT) !== 0) this.#read(events);
  }

  protected get attached(): boolean {
    return this.#fd >= 0;
  }

  /** A socket that is connected and does not block: it is the link's from now on. */
  protected attach(fd: number): void {
    this.#fd = fd;
    this.#isWaiting = false;
    setOption(fd, Level.SOCKET, SocketOption.SNDBUF, SEND_BUFFER);
    this.loop.add(fd, USUAL, this);
    this.#resume();
  }

  /** Closes the socket. */
  protected detach(): void {
    if (this.#fd < 0) return;
    this.loop.remove(this.#fd);
    libc.close(this.#fd);
    this.#fd = -1;
  }

  /** Takes everything that has come. */
  protected drain(): void {
    while (this.#fd >= 0 && this.#receive() > 0);
  }

  /** The other end is gone: `result` is 0, or minus an error. Not from within reserve(). */
  protected abstract unplugged(result: number): void;

  /** Nothing more leaves: lets go of everything. */
  protected release(): void {
    this.detach();
  }

  #begin(b: Uint8Array, ends: Int32Array, count: number): boolean {
    this.#slab = b;
    this.#ends = ends;
    this.#next = 0;
    this.#count = count;
    return this.#write();
  }

  /** True when all is written, or lost. */
  #write(): boolean {
    if (this.#fd < 0) return false;
    const address = this.#addresses.of(this.#slab);
    while (this.#next < this.#count) {
      const n = this.#sender.send(this.#fd, address, this.#ends, this.#next, this.#count);
      if (n > 0) this.#next += n;
      else if (n === -Errno.EAGAIN) {
        this.#await(true);
        return false;
      } else this.#refused(n);
    }
    return true;
  }

  #refused(result: number): void {
    if (result === -Errno.EINTR) return;
    this.#lost++;
    this.#next++;
    if (!isBroken(result)) return;
    const { length } = this.#ends.subarray(this.#next, this.#count);
    this.#lost += length;
    this.#next = this.#count;
    const fd = this.#fd;
    this.loop.defer(() => {
      if (this.#fd === fd) this.unplugged(result);
    });
  }

  #resume(): void {
    if (this.#next >= this.#count && !this.#isWaiting) return;
    if (!this.#write()) return;
    this.#await(false);
    this.written();
  }

  /** For room to write. */
  #await(isWaiting: boolean): void {
    if (this.#isWaiting === isWaiting || this.#fd < 0) return;
    this.#isWaiting = isWaiting;
    this.loop.modify(this.#fd, isWaiting ? USUAL | Epoll.OUT : USUAL);
  }

  #read(events: number): void {
    const n = this.#receive();
    if (n > 0 || this.#fd < 0) return;
    // A packet that is empty looks like the end, and is none
    if (n === 0 ? (events & HUNG_UP) !== 0 : isBroken(n)) this.unplugged(n);
  }

  /** The number of frames, and 0 for packets that are empty; or minus an error. */
  #receive(): number {
    const reader = this.#reader;
    const n = reader.receive(this.#fd);
    let frames = 0;
    for (let i = 0; i < n; i++) {
      const at = reader.start(i);
      const end = reader.end(i);
      if (end > at) frames++;
      this.received(reader.bytes, at, end);
    }
    return n < 0 ? n : frames;
  }
}

/** Errors that end with the frame, or with the moment. */
const PASSING: ReadonlySet<number> = new Set([
  -Errno.EAGAIN,
  -Errno.EINTR,
  -Errno.EMSGSIZE,
  -Errno.ENOBUFS,
  -Errno.ENOMEM,
]);

function isBroken(result: number): boolean {
  return !PASSING.has(result);
}
