// A guest written on the codecs alone, so that a mistake of the stack is not made twice: Ethernet, ARP, IPv4, ICMP, UDP.
// It believes nothing: a frame that is not well-formed throws, unless the cable may corrupt.
import type { Link } from '@reslirp/link';
import * as Arp from '@reslirp/wire/arp';
import { finish, pseudo4, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp from '@reslirp/wire/icmp4';
import * as Ip from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import * as Udp from '@reslirp/wire/udp';
import { GuestTcp, type GuestTcpOptions } from './guest-tcp.ts';
import type { Timeline } from './timeline.ts';

const HEADERS = Ether.HEADER + Ip.HEADER;
const MAC = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
const EVERYONE = new Uint8Array(6).fill(0xff);
const HOPS = 64;

export interface GuestOptions {
  /** int32 */
  readonly address: number;
  readonly gateway: number;
  /** The cable turns bits over: a broken frame is no surprise. */
  readonly corrupt: boolean;
  readonly random: () => number;
}

export class Guest {
  readonly address: number;
  readonly time: Timeline;
  readonly random: () => number;
  /** Frames that were broken. */
  broken: number = 0;
  /** What ICMP said: 'type/code from', and datagrams: 'from:port length'. */
  readonly heard: string[] = [];
  readonly #link: Link;
  readonly #gateway: number;
  readonly #corrupt: boolean;
  readonly #tcp: Map<number, GuestTcp> = new Map();
  #mac: Uint8Array | null = null;
  #port: number = 1_024;
  #id: number = 0;

  constructor(link: Link, time: Timeline, options: GuestOptions) {
    this.#link = link;
    this.time = time;
    this.address = options.address;
    this.random = options.random;
    this.#gateway = options.gateway;
    this.#corrupt = options.corrupt;
    link.onFrame((b, at, end) => this.#frame(b, at, end));
    link.onRoom(() => {
      for (const connection of this.#tcp.values()) connection.pump();
    });
  }

  connect(ip: number, port: number, options: GuestTcpOptions): GuestTcp {
    const own = this.#port++;
    const connection = new GuestTcp(this, { ip, port, own }, options);
    this.#tcp.set(own, connection);
    return connection;
  }

  ping(ip: number, size: number): void {
    this.send(ip, Ip.Protocol.ICMP, Icmp.HEADER + size, (b, at) => {
      b.fill(0, at, at + Icmp.HEADER + size);
      b[at] = Icmp.Type.ECHO;
      const checksum = finish(sum(b, at, at + Icmp.HEADER + size));
      b[at + 2] = checksum >> 8;
      b[at + 3] = checksum;
    });
  }

  datagram(ip: number, port: number, size: number): void {
    const length = Udp.HEADER + size;
    this.send(ip, Ip.Protocol.UDP, length, (b, at, pseudo) => {
      b.fill(7, at + Udp.HEADER, at + length);
      Udp.emit(b, at, 5_000, port, length, 0);
      Udp.emit(b, at, 5_000, port, length, Udp.field(sum(b, at, at + length, pseudo)));
    });
  }

  /** One packet whose transport part `write` puts at b[at]. False when it could not leave: nobody knows the way, or the cable is full. */
  send(
    ip: number,
    protocol: number,
    length: number,
    write: (b: Uint8Array, at: number, pseudo: number) => void,
  ): boolean {
    if (this.#mac === null) {
      this.#ask();
      return false;
    }
    const at = this.#link.reserve(HEADERS + length);
    if (at < 0) return false;
    const b = this.#link.slab;
    this.#id = (this.#id + 1) & 0xffff;
    Ether.emit(b, at, this.#mac, 0, MAC, 0, Ether.Type.IP4);
    Ip.emit(b, at + Ether.HEADER, Ip.HEADER + length, this.address, ip, protocol, HOPS, 0, this.#id, 0);
    write(b, at + HEADERS, pseudo4(this.address, ip, protocol, length));
    this.#link.commit(HEADERS + length);
    this.#link.flush();
    return true;
  }

  #ask(): void {
    const at = this.#link.reserve(Ether.HEADER + Arp.HEADER);
    if (at < 0) return;
    const b = this.#link.slab;
    Ether.emit(b, at, EVERYONE, 0, MAC, 0, Ether.Type.ARP);
    Arp.emit(b, at + Ether.HEADER, Arp.Op.REQUEST, MAC, 0, this.address, new Uint8Array(6), 0, this.#gateway);
    this.#link.commit(Ether.HEADER + Arp.HEADER);
    this.#link.flush();
  }

  #frame(b: Uint8Array, at: number, end: number): void {
    const type = Ether.type(b, at);
    const body = at + Ether.HEADER;
    if (type === Ether.Type.ARP) this.#arp(b, body, end);
    else if (type === Ether.Type.IP4) this.#packet(b, body, end);
    else this.#breaks(`an Ethernet type ${type}`);
  }

  #arp(b: Uint8Array, at: number, end: number): void {
    if (Arp.check(b, at, end) !== Arp.Malformed.NO) {
      this.#breaks('ARP');
      return;
    }
    if (Arp.op(b, at) === Arp.Op.REPLY && Arp.spa(b, at) === this.#gateway)
      this.#mac = b.slice(at + Arp.SHA, at + Arp.SHA + 6);
    if (Arp.op(b, at) !== Arp.Op.REQUEST || Arp.tpa(b, at) !== this.address) return;
    const to = this.#link.reserve(Ether.HEADER + Arp.HEADER);
    if (to < 0) return;
    const out = this.#link.slab;
    const asking = b.slice(at + Arp.SHA, at + Arp.SHA + 6);
    Ether.emit(out, to, asking, 0, MAC, 0, Ether.Type.ARP);
    Arp.emit(out, to + Ether.HEADER, Arp.Op.REPLY, MAC, 0, this.address, asking, 0, Arp.spa(b, at));
    this.#link.commit(Ether.HEADER + Arp.HEADER);
    this.#link.flush();
  }

  #packet(b: Uint8Array, at: number, end: number): void {
    if (Ip.check(b, at, end) !== Ip.Malformed.NO) {
      this.#breaks('IPv4');
      return;
    }
    const body = at + Ip.headerLength(b, at);
    const stop = Ip.end(b, at);
    const src = Ip.src(b, at);
    const protocol = Ip.protocol(b, at);
    if (Ip.dst(b, at) !== this.address) {
      this.#breaks('a packet for somebody else');
      return;
    }
    const pseudo = pseudo4(src, this.address, protocol, stop - body);
    if (protocol === Ip.Protocol.TCP) this.#segment(b, body, stop, src, pseudo);
    else if (protocol === Ip.Protocol.ICMP) this.#icmp(b, body, stop, src);
    else this.#udp(b, body, stop, src, pseudo);
  }

  #segment(b: Uint8Array, at: number, end: number, src: number, pseudo: number): void {
    if (Tcp.check(b, at, end) !== Tcp.Malformed.NO || !Tcp.verify(b, at, end, pseudo)) {
      this.#breaks('TCP');
      return;
    }
    this.#tcp.get(Tcp.dstPort(b, at))?.segment(b, at, end, src);
  }

  #icmp(b: Uint8Array, at: number, end: number, src: number): void {
    if (Icmp.check(b, at, end) !== Icmp.Malformed.NO) {
      this.#breaks('ICMP');
      return;
    }
    this.heard.push(`icmp ${Icmp.type(b, at)}/${Icmp.code(b, at)} ${src >>> 0}`);
    if (Icmp.type(b, at) !== Icmp.Type.UNREACHABLE) return;
    const quoted = at + Icmp.HEADER;
    const transport = quoted + Ip.headerLength(b, quoted);
    if (Ip.protocol(b, quoted) === Ip.Protocol.TCP) this.#tcp.get(Tcp.srcPort(b, transport))?.unreachable();
  }

  #udp(b: Uint8Array, at: number, end: number, src: number, pseudo: number): void {
    if (Udp.check(b, at, end) !== Udp.Malformed.NO || !Udp.verify(b, at, pseudo)) {
      this.#breaks('UDP');
      return;
    }
    this.heard.push(`udp ${src >>> 0}:${Udp.srcPort(b, at)} ${Udp.length(b, at) - Udp.HEADER}`);
  }

  #breaks(what: string): void {
    this.broken++;
    if (!this.#corrupt) throw new Error(`the stack sent a malformed frame: ${what}`);
  }
}
