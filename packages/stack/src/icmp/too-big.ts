// What the guest's side says about the way to it: "fragmentation needed" (RFC 1191) and "packet too big" (RFC 8201). A guest behind
// which is a tunnel has a narrower way than its cable. Only TCP listens: datagrams are cut by whoever finds them too big, and
// those of IPv6 are no larger than the cable.
//
// Such a message is worth what it quotes (RFC 5927 4.1): it must come to the address that the quoted packet came from, speak of less
// than that packet had, and quote a segment that is on its way (tcp/path-mtu.ts).
import { u8 } from '@reslirp/wire/bytes';
import * as Icmp4 from '@reslirp/wire/icmp4';
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Ipv6 from '@reslirp/wire/ipv6';
import * as Wire from '@reslirp/wire/tcp';
import { Drop, type DropCounters } from '../drop.ts';
import { Endpoint } from '../endpoint.ts';
import type { Packet } from '../packet.ts';

/** RFC 792: what is quoted behind the IP header, ports and sequence number. */
const QUOTED = 8;
/** RFC 1191 7: what networks carry, for routers that do not say. */
const PLATEAUS: readonly number[] = [32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68];

/** Whoever sends to guests in packets that are not to be cut. */
export interface PathMtu {
  /** The segment from `remote` to `guest` that began with `seq` was too large for a network that carries `mtu` bytes. */
  tooBig(guest: Endpoint, remote: Endpoint, seq: number, mtu: number, now: number): Drop;
}

export class TooBig {
  readonly #tcp: PathMtu;
  readonly #drops: DropCounters;
  readonly #guest: Endpoint = new Endpoint();
  readonly #remote: Endpoint = new Endpoint();

  constructor(tcp: PathMtu, drops: DropCounters) {
    this.#tcp = tcp;
    this.#drops = drops;
  }

  input4(p: Packet, now: number): Drop {
    const { b, end } = p;
    const ip = p.at + Icmp4.HEADER;
    if (end - ip < Ipv4.HEADER || u8(b, ip) >>> 4 !== 4) return this.#drops.count(Drop.ICMP_MALFORMED);
    const header = Ipv4.headerLength(b, ip);
    if (header < Ipv4.HEADER || end - ip < header + QUOTED) return this.#drops.count(Drop.ICMP_MALFORMED);
    if (Ipv4.protocol(b, ip) !== Ipv4.Protocol.TCP || Ipv4.fragmentOffset(b, ip) !== 0) {
      return this.#drops.count(Drop.ICMP_UNANSWERED);
    }
    this.#remote.set4(Ipv4.src(b, ip), 0);
    this.#guest.set4(Ipv4.dst(b, ip), 0);
    const length = Ipv4.totalLength(b, ip);
    const said = Icmp4.rest(b, p.at) & 0xffff;
    const mtu = said === 0 ? (PLATEAUS.find((plateau) => plateau < length) ?? 0) : said;
    return this.#hear(p, ip + header, length, mtu, now);
  }

  /** We send no extension headers: a quote that has some is of no segment of ours. */
  input6(p: Packet, now: number): Drop {
    const { b, end } = p;
    const ip = p.at + Icmp6.HEADER;
    if (end - ip < Ipv6.HEADER + QUOTED || u8(b, ip) >>> 4 !== 6) return this.#drops.count(Drop.ICMP_MALFORMED);
    if (Ipv6.next(b, ip) !== Ipv4.Protocol.TCP) return this.#drops.count(Drop.ICMP_UNANSWERED);
    this.#remote.set6(b, ip + Ipv6.SRC, 0);
    this.#guest.set6(b, ip + Ipv6.DST, 0);
    const length = Ipv6.HEADER + Ipv6.payloadLength(b, ip);
    return this.#hear(p, ip + Ipv6.HEADER, length, Icmp6.rest(b, p.at) >>> 0, now);
  }

  #hear({ b, to }: Packet, tcp: number, length: number, mtu: number, now: number): Drop {
    const guest = this.#guest;
    const remote = this.#remote;
    if (!to.sameAddress(remote) || mtu >= length) return this.#drops.count(Drop.ICMP_UNBELIEVABLE);
    remote.port = Wire.srcPort(b, tcp);
    guest.port = Wire.dstPort(b, tcp);
    return this.#tcp.tooBig(guest, remote, Wire.seq(b, tcp), mtu, now);
  }
}
