// Who is behind a cable: the MAC addresses that its frames come from, as a switch learns them, and the IPv4 addresses that ARP
// says are theirs. By the first a guest is known again when it comes back; by the second it can be asked who it is.
import { Wrapper } from '@reslirp/link';
import * as Arp from '@reslirp/wire/arp';
import * as Ether from '@reslirp/wire/ether';

/** Behind one cable may be a switch. Beyond so many, those heard first stay. */
const MOST_MACS = 64;
const MOST_IPS = 16;

export class Identity {
  readonly #macs: Set<number> = new Set();
  readonly #ips: Set<number> = new Set();
  /** The last one, in two parts: nearly always it is the next one as well. */
  #high: number = -1;
  #low: number = -1;

  /** IPv4 addresses, int32. */
  get ips(): ReadonlySet<number> {
    return this.#ips;
  }

  /** A frame came. */
  heard(b: Uint8Array, at: number, end: number): void {
    if (end - at < Ether.HEADER) return;
    const high = highOf(b, at);
    const low = lowOf(b, at);
    if (high !== this.#high || low !== this.#low) this.#learn(b, at, high, low);
    if (b[at + 12] === 8 && b[at + 13] === 6) this.#arp(b, at + Ether.HEADER, end);
  }

  /** Whether the frame comes from somebody who was heard here. */
  knows(b: Uint8Array, at: number, end: number): boolean {
    return end - at >= Ether.HEADER && this.#macs.has(macOf(highOf(b, at), lowOf(b, at)));
  }

  #learn(b: Uint8Array, at: number, high: number, low: number): void {
    this.#high = high;
    this.#low = low;
    if (!Ether.isGroup(b, at + Ether.SRC) && this.#macs.size < MOST_MACS) this.#macs.add(macOf(high, low));
  }

  #arp(b: Uint8Array, at: number, end: number): void {
    if (Arp.check(b, at, end) !== Arp.Malformed.NO) return;
    const ip = Arp.spa(b, at);
    if (ip !== 0 && this.#ips.size < MOST_IPS) this.#ips.add(ip);
  }
}

/** The same cable; whose frames they are is learnt. */
export class Identified extends Wrapper {
  readonly identity: Identity = new Identity();

  protected override received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
    this.identity.heard(b, at, end);
    super.received(b, at, end, trusted);
  }
}

function highOf(b: Uint8Array, at: number): number {
  return (b[at + 6]! << 8) | b[at + 7]!;
}

function lowOf(b: Uint8Array, at: number): number {
  return (b[at + 8]! << 24) | (b[at + 9]! << 16) | (b[at + 10]! << 8) | b[at + 11]!;
}

function macOf(high: number, low: number): number {
  return high * 2 ** 32 + (low >>> 0);
}
