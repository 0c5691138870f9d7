// The lower half of the demonstration's guest: Ethernet, ARP and IPv4 on a cable. It shares no code with the stack that it
// meets, but the codecs. What it does without: routes (its peers are all on the cable), fragments, options.
import type { Link } from '@reslirp/link';
import * as Arp from '@reslirp/wire/arp';
import { fold, pseudo4, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Ip4 from '@reslirp/wire/ipv4';

const HEADERS = Ether.HEADER + Ip4.HEADER;
const EVERYONE = new Uint8Array(6).fill(0xff);
const NOBODY = new Uint8Array(6);
const BROADCAST = 0xffffffff | 0;
const HOPS = 64;
const ASK_AGAIN = 500;

/** Packet [at, end) from IPv4 address `src`, without its IP header; lent. `pseudo`: the pseudo-header's sum (RFC 768). */
export type PacketHandler = (b: Uint8Array, at: number, end: number, src: number, pseudo: number) => void;

export class Station {
  readonly mac: Uint8Array = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
  /** Own address, int32; 0 until there is one. */
  ip: number = 0;
  /** Frames with a wrong checksum, or none at all: a cable between two processes makes none. */
  broken: number = 0;
  readonly #link: Link;
  readonly #handlers: Map<number, PacketHandler> = new Map();
  readonly #neighbours: Map<number, Uint8Array> = new Map();
  readonly #asked: Map<number, (mac: Uint8Array) => void> = new Map();
  readonly #waiting: Set<() => void> = new Set();
  #flushing: boolean = false;
  #id: number = 0;

  constructor(link: Link) {
    this.#link = link;
    link.onFrame((b, at, end) => this.#frame(b, at, end));
    link.onRoom(() => {
      for (const room of this.#waiting) room();
    });
  }

  /** Who gets the packets of an IP protocol. */
  receive(protocol: number, handler: PacketHandler): void {
    this.#handlers.set(protocol, handler);
  }

  /** Called whenever the cable takes frames again. Returns what ends that. */
  onRoom(handler: () => void): () => void {
    this.#waiting.add(handler);
    return () => this.#waiting.delete(handler);
  }

  /** The MAC of a neighbour; asks until there is an answer. */
  async resolve(ip: number): Promise<Uint8Array> {
    const known = this.#neighbours.get(ip);
    if (known !== undefined) return known;
    const ask = (): void => this.#arp(EVERYONE, Arp.Op.REQUEST, NOBODY, ip);
    const timer = setInterval(ask, ASK_AGAIN).unref();
    ask();
    try {
      return await new Promise((resolve) => this.#asked.set(ip, resolve));
    } finally {
      clearInterval(timer);
    }
  }

  /**
   * Sends a packet of `length` bytes, which `write` puts at b[at]; `pseudo` as in PacketHandler.
   * False when the cable is full: onRoom() follows.
   */
  send(
    mac: Uint8Array | null,
    dst: number,
    protocol: number,
    length: number,
    write: (b: Uint8Array, at: number, pseudo: number) => void,
  ): boolean {
    const at = this.#link.reserve(HEADERS + length);
    if (at < 0) return false;
    const b = this.#link.slab;
    const ip = at + Ether.HEADER;
    this.#id = (this.#id + 1) & 0xffff;
    Ether.emit(b, at, mac ?? EVERYONE, 0, this.mac, 0, Ether.Type.IP4);
    Ip4.emit(b, ip, Ip4.HEADER + length, this.ip, dst, protocol, HOPS, 0, this.#id, Ip4.Fragment.DF);
    write(b, at + HEADERS, pseudo4(this.ip, dst, protocol, length));
    this.#commit(HEADERS + length);
    return true;
  }

  #frame(b: Uint8Array, at: number, end: number): void {
    const ours = Ether.sameMac(b, at, this.mac, 0) || Ether.sameMac(b, at, EVERYONE, 0);
    if (!ours) return;
    const body = at + Ether.HEADER;
    if (Ether.type(b, at) === Ether.Type.ARP) this.#heardArp(b, body, end);
    else if (Ether.type(b, at) === Ether.Type.IP4) this.#packet(b, body, end);
  }

  #heardArp(b: Uint8Array, at: number, end: number): void {
    if (Arp.check(b, at, end) !== Arp.Malformed.NO) {
      this.broken++;
      return;
    }
    const sender = Arp.spa(b, at);
    const mac = b.slice(at + Arp.SHA, at + Arp.SHA + Ether.MAC);
    if (Arp.op(b, at) === Arp.Op.REQUEST && this.ip !== 0 && Arp.tpa(b, at) === this.ip) {
      this.#arp(mac, Arp.Op.REPLY, mac, sender);
    }
    this.#neighbours.set(sender, mac);
    this.#asked.get(sender)?.(mac);
    this.#asked.delete(sender);
  }

  #packet(b: Uint8Array, at: number, end: number): void {
    if (Ip4.check(b, at, end) !== Ip4.Malformed.NO) {
      this.broken++;
      return;
    }
    const dst = Ip4.dst(b, at);
    if (this.ip !== 0 && dst !== this.ip && dst !== BROADCAST) return;
    const protocol = Ip4.protocol(b, at);
    const src = Ip4.src(b, at);
    const body = at + Ip4.headerLength(b, at);
    const stop = Ip4.end(b, at);
    this.#handlers.get(protocol)?.(b, body, stop, src, pseudo4(src, dst, protocol, stop - body));
  }

  #arp(to: Uint8Array, op: number, target: Uint8Array, targetIp: number): void {
    const size = Ether.HEADER + Arp.HEADER;
    const at = this.#link.reserve(size);
    if (at < 0) return; // asked again later
    const b = this.#link.slab;
    Ether.emit(b, at, to, 0, this.mac, 0, Ether.Type.ARP);
    Arp.emit(b, at + Ether.HEADER, op, this.mac, 0, this.ip, target, 0, targetIp);
    this.#commit(size);
  }

  /** What is sent in one go leaves in one write. */
  #commit(size: number): void {
    this.#link.commit(size);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#link.flush();
    });
  }
}

/** Whether bytes that hold their own checksum, together with a pseudo header, sum up (RFC 1071). */
export function sumsUp(b: Uint8Array, at: number, end: number, pseudo: number): boolean {
  return fold(sum(b, at, end, pseudo)) === 0xffff;
}
