// A guest written on the codecs alone, so that a mistake of the stack is not made twice: Ethernet, both IPs, ICMP, UDP.
// It believes nothing: a frame that is not well-formed throws, unless the cable may corrupt.
import type { Link } from '@reslirp/link';
import * as Arp from '@reslirp/wire/arp';
import { pseudo4, pseudo6, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp from '@reslirp/wire/icmp4';
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ip from '@reslirp/wire/ipv4';
import * as Ip6 from '@reslirp/wire/ipv6';
import * as Tcp from '@reslirp/wire/tcp';
import * as Udp from '@reslirp/wire/udp';
import { type Address, textOf } from './address.ts';
import { GuestTcp, type GuestTcpOptions } from './guest-tcp.ts';
import { MAC, Neighbourhood, type Places } from './neighbourhood.ts';
import { checkPattern, fillPattern } from './pattern.ts';
import type { Timeline } from './timeline.ts';

const HOPS = 64;
const UDP_PORT = 5_000;

export interface GuestOptions extends Places {
  /** The cable turns bits over: a broken frame is no surprise. */
  readonly corrupt: boolean;
  readonly random: () => number;
}

export class Guest {
  readonly time: Timeline;
  readonly random: () => number;
  /** Frames that were broken. */
  broken: number = 0;
  /** What ICMP said: 'icmp type/code from', and datagrams: 'udp from:port length'. */
  readonly heard: string[] = [];
  readonly #link: Link;
  readonly #places: Places;
  readonly #neighbours: Neighbourhood;
  readonly #corrupt: boolean;
  readonly #tcp: Map<number, GuestTcp> = new Map();
  #port: number = 1_024;
  #id: number = 0;

  constructor(link: Link, time: Timeline, options: GuestOptions) {
    this.#link = link;
    this.time = time;
    this.random = options.random;
    this.#places = options;
    this.#neighbours = new Neighbourhood(link, options);
    this.#corrupt = options.corrupt;
    link.onFrame((b, at, end) => this.#frame(b, at, end));
    link.onRoom(() => {
      for (const connection of this.#tcp.values()) connection.pump();
    });
  }

  connect(ip: Address, port: number, options: GuestTcpOptions): GuestTcp {
    const own = this.#port++;
    const connection = new GuestTcp(this, { ip, port, own }, options);
    this.#tcp.set(own, connection);
    return connection;
  }

  /** Nothing came back: perhaps the gateway was misunderstood, for ARP has no checksum. Asks again. */
  doubt(ip: Address): void {
    if (!this.#corrupt) return;
    if (typeof ip === 'number') this.#neighbours.ask4();
    else this.#neighbours.ask6();
  }

  ping(ip: Address, size: number): void {
    const length = Icmp.HEADER + size;
    if (typeof ip === 'number') {
      this.send(ip, Ip.Protocol.ICMP, length, (b, at) => {
        fillPattern(0, 0, b, at + Icmp.HEADER, at + length);
        Icmp.emit(b, at, at + length, Icmp.Type.ECHO, 0, size);
      });
      return;
    }
    this.send(ip, Ip6.Next.ICMP6, length, (b, at, pseudo) => {
      fillPattern(0, 0, b, at + Icmp6.HEADER, at + length);
      Icmp6.emit(b, at, at + length, Icmp6.Type.ECHO, 0, size, pseudo);
    });
  }

  datagram(ip: Address, port: number, size: number): void {
    const length = Udp.HEADER + size;
    this.send(ip, Ip.Protocol.UDP, length, (b, at, pseudo) => {
      fillPattern(port, 0, b, at + Udp.HEADER, at + length);
      Udp.emit(b, at, UDP_PORT, port, length, 0);
      Udp.emit(b, at, UDP_PORT, port, length, Udp.field(sum(b, at, at + length, pseudo)));
    });
  }

  /** One packet whose transport part `write` puts at b[at]. False when it could not leave: nobody knows the way, or the cable is full. */
  send(
    ip: Address,
    protocol: number,
    length: number,
    write: (b: Uint8Array, at: number, pseudo: number) => void,
  ): boolean {
    const is4 = typeof ip === 'number';
    const mac = is4 ? this.#neighbours.mac4 : this.#neighbours.mac6;
    if (mac === null) {
      if (is4) this.#neighbours.ask4();
      else this.#neighbours.ask6();
      return false;
    }
    const headers = Ether.HEADER + (is4 ? Ip.HEADER : Ip6.HEADER);
    const at = this.#link.reserve(headers + length);
    if (at < 0) return false;
    const b = this.#link.slab;
    Ether.emit(b, at, mac, 0, MAC, 0, is4 ? Ether.Type.IP4 : Ether.Type.IP6);
    const pseudo = is4
      ? this.#emit4(b, at + Ether.HEADER, ip, protocol, length)
      : this.#emit6(b, at + Ether.HEADER, ip, protocol, length);
    write(b, at + headers, pseudo);
    this.#link.commit(headers + length);
    this.#link.flush();
    return true;
  }

  #emit4(b: Uint8Array, at: number, to: number, protocol: number, length: number): number {
    const { address } = this.#places;
    this.#id = (this.#id + 1) & 0xffff;
    Ip.emit(b, at, Ip.HEADER + length, address, to, protocol, HOPS, 0, this.#id, 0);
    return pseudo4(address, to, protocol, length);
  }

  #emit6(b: Uint8Array, at: number, to: Uint8Array, next: number, length: number): number {
    Ip6.emit(b, at, length, next, HOPS, 0, 0);
    b.set(this.#places.address6, at + Ip6.SRC);
    b.set(to, at + Ip6.DST);
    return pseudo6(b, at + Ip6.SRC, next, length);
  }

  #frame(b: Uint8Array, at: number, end: number): void {
    const type = Ether.type(b, at);
    const body = at + Ether.HEADER;
    if (type === Ether.Type.ARP) this.#arp(b, body, end);
    else if (type === Ether.Type.IP4) this.#packet4(b, body, end);
    else if (type === Ether.Type.IP6) this.#packet6(b, body, end);
    else this.#breaks(`an Ethernet type ${type}`);
  }

  #arp(b: Uint8Array, at: number, end: number): void {
    if (Arp.check(b, at, end) === Arp.Malformed.NO) this.#neighbours.arp(b, at);
    else this.#breaks('ARP');
  }

  #packet4(b: Uint8Array, at: number, end: number): void {
    if (Ip.check(b, at, end) !== Ip.Malformed.NO) {
      this.#breaks('IPv4');
      return;
    }
    if (Ip.dst(b, at) !== this.#places.address) {
      this.#breaks('a packet for somebody else');
      return;
    }
    const body = at + Ip.headerLength(b, at);
    const stop = Ip.end(b, at);
    const src = Ip.src(b, at);
    const protocol = Ip.protocol(b, at);
    const pseudo = pseudo4(src, this.#places.address, protocol, stop - body);
    if (protocol === Ip.Protocol.ICMP) this.#icmp4(b, body, stop, src);
    else this.#transport(b, body, stop, src, protocol, pseudo);
  }

  /** Extension headers the stack never sends to us, but for fragments. */
  #packet6(b: Uint8Array, at: number, end: number): void {
    if (Ip6.check(b, at, end) !== Ip6.Malformed.NO) {
      this.#breaks('IPv6');
      return;
    }
    const isOurs = Ip6.sameAddress(b, at + Ip6.DST, this.#places.address6, 0);
    if (!isOurs && !Ip6.isMulticast(b, at + Ip6.DST)) {
      this.#breaks('a packet for somebody else');
      return;
    }
    const body = at + Ip6.HEADER;
    const stop = Ip6.end(b, at);
    const next = Ip6.next(b, at);
    const pseudo = pseudo6(b, at + Ip6.SRC, next, stop - body);
    if (next === Ip6.Next.ICMP6) this.#icmp6(b, at, body, stop, pseudo);
    else this.#transport(b, body, stop, b.subarray(at + Ip6.SRC, at + Ip6.DST), next, pseudo);
  }

  #transport(b: Uint8Array, at: number, end: number, src: Address, protocol: number, pseudo: number): void {
    if (protocol === Ip.Protocol.TCP) this.#segment(b, at, end, src, pseudo);
    else if (protocol === Ip.Protocol.UDP) this.#udp(b, at, end, src, pseudo);
    else this.#breaks(`protocol ${protocol}`);
  }

  #segment(b: Uint8Array, at: number, end: number, src: Address, pseudo: number): void {
    if (Tcp.check(b, at, end) !== Tcp.Malformed.NO || !Tcp.verify(b, at, end, pseudo)) {
      this.#breaks('TCP');
      return;
    }
    this.#tcp.get(Tcp.dstPort(b, at))?.segment(b, at, end, src);
  }

  #icmp4(b: Uint8Array, at: number, end: number, src: number): void {
    if (Icmp.check(b, at, end) !== Icmp.Malformed.NO) {
      this.#breaks('ICMP');
      return;
    }
    const type = Icmp.type(b, at);
    this.heard.push(`icmp ${type}/${Icmp.code(b, at)} ${textOf(src)}`);
    if (type === Icmp.Type.ECHO_REPLY) checkPattern(0, 0, b, at + Icmp.HEADER, end);
    if (type !== Icmp.Type.UNREACHABLE) return;
    const quoted = at + Icmp.HEADER;
    this.#unreachable(b, quoted + Ip.headerLength(b, quoted), Ip.protocol(b, quoted));
  }

  #icmp6(b: Uint8Array, ip: number, at: number, end: number, pseudo: number): void {
    if (Icmp6.check(b, at, end, pseudo) !== Icmp6.Malformed.NO) {
      this.#breaks('ICMPv6');
      return;
    }
    const type = Icmp6.type(b, at);
    if (type === Icmp6.Type.ROUTER_ADVERTISEMENT) return;
    if (type === Icmp6.Type.NEIGHBOUR_SOLICITATION || type === Icmp6.Type.NEIGHBOUR_ADVERTISEMENT) {
      this.#neighbours.neighbour(b, ip, at, end);
      return;
    }
    this.heard.push(`icmp ${type}/${Icmp6.code(b, at)} ${textOf(b.subarray(ip + Ip6.SRC, ip + Ip6.DST))}`);
    if (type === Icmp6.Type.ECHO_REPLY) checkPattern(0, 0, b, at + Icmp6.HEADER, end);
    const quoted = at + Icmp6.HEADER;
    if (type === Icmp6.Type.UNREACHABLE) this.#unreachable(b, quoted + Ip6.HEADER, Ip6.next(b, quoted));
  }

  /** An error about the packet that is quoted, its transport header at b[at]. */
  #unreachable(b: Uint8Array, at: number, protocol: number): void {
    if (protocol === Ip.Protocol.TCP) this.#tcp.get(Tcp.srcPort(b, at))?.unreachable();
  }

  #udp(b: Uint8Array, at: number, end: number, src: Address, pseudo: number): void {
    if (Udp.check(b, at, end) !== Udp.Malformed.NO || !Udp.verify(b, at, pseudo)) {
      this.#breaks('UDP');
      return;
    }
    const port = Udp.srcPort(b, at);
    checkPattern(port, 0, b, at + Udp.HEADER, Udp.end(b, at));
    this.heard.push(`udp ${textOf(src)}:${port} ${Udp.length(b, at) - Udp.HEADER}`);
  }

  #breaks(what: string): void {
    this.broken++;
    if (!this.#corrupt) throw new Error(`the stack sent a malformed frame: ${what}`);
  }
}
