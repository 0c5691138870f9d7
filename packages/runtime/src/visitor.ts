// A cable of which nobody knows yet whose it is: somebody who was here before, and whose network waits, or a new guest. The source
// of its first frame tells; and since a guest in the middle of a download has nothing to say by itself, it is asked by ARP, as the
// gateway would. A stranger hears the addresses of those who are waited for in that way, and nothing else of theirs.
import { type Link, Wrapper } from '@reslirp/link';
import { parse4 } from '@reslirp/wire/address';
import * as Arp from '@reslirp/wire/arp';
import * as Ether from '@reslirp/wire/ether';

const EVERYONE = new Uint8Array(6).fill(0xff);
const NOBODY = new Uint8Array(6);
/** The gateway's MAC is this and its address. */
const PREFIX = [0x52, 0x55] as const;
const AGAIN = 1_000;
/** Addresses that are asked for in one go. */
const MOST = 64;

/** What it hears of the frame that tells who it is; the frame goes on to whoever has the cable afterwards. */
export type FirstFrame = (b: Uint8Array, at: number, end: number) => void;

export class Visitor extends Wrapper {
  #first: FirstFrame | null;
  readonly #asking: NodeJS.Timeout;
  readonly #gateway: number;
  readonly #mac: Uint8Array = Uint8Array.of(...PREFIX, 0, 0, 0, 0);

  /** `ips`: who may be there, asked for at once and every second. `gateway`: an IPv4 address. */
  constructor(cable: Link, gateway: string, ips: () => Iterable<number>, first: FirstFrame) {
    super(cable);
    this.#first = first;
    this.#gateway = parse4(gateway) ?? 0;
    new DataView(this.#mac.buffer).setInt32(2, this.#gateway);
    this.#asking = setInterval(() => this.#ask(ips()), AGAIN);
    this.#ask(ips());
  }

  /** Nobody waits to hear who it is any more. */
  settle(): void {
    clearInterval(this.#asking);
    this.#first = null;
  }

  override close(): void {
    this.settle();
    super.close();
  }

  protected override received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
    const first = this.#first;
    if (first !== null && end - at >= Ether.HEADER) first(b, at, end);
    super.received(b, at, end, trusted);
  }

  #ask(ips: Iterable<number>): void {
    let asked = 0;
    for (const ip of ips) {
      const at = asked++ < MOST ? this.inner.reserve(Ether.MIN_FRAME) : -1;
      if (at < 0) break;
      const b = this.inner.slab.fill(0, at, at + Ether.MIN_FRAME);
      Ether.emit(b, at, EVERYONE, 0, this.#mac, 0, Ether.Type.ARP);
      Arp.emit(b, at + Ether.HEADER, Arp.Op.REQUEST, this.#mac, 0, this.#gateway, NOBODY, 0, ip);
      this.inner.commit(Ether.MIN_FRAME);
    }
    this.inner.flush();
  }
}
