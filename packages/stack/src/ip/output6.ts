// IPv6 packets to the guest, RFC 8200. Only who sends a packet may cut it: there is no difference between TCP and the rest but
// that TCP never needs it. The flow label is 0: nobody between us and the guest would look at it.
import { pseudo6 } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Ipv6 from '@reslirp/wire/ipv6';
import { Endpoint } from '../endpoint.ts';
import { GATEWAY_MAC } from '../ether/station.ts';
import type { Ndp } from '../ndp/ndp.ts';
import { HEAD, PacketOutput, type PacketOutputParts } from './packet-output.ts';

const HEADERS = Ether.HEADER + Ipv6.HEADER;
/** RFC 8200 3 and 4.5: a payload's length has 16 bits, and a reassembled packet is no larger. */
const MAX_PAYLOAD = 65_535;

export interface Ip6OutputParts extends PacketOutputParts {
  readonly ndp: Ndp;
  readonly random: () => number;
}

export class Ip6Output extends PacketOutput {
  readonly #ndp: Ndp;
  /** Source and destination, as the pseudo header has them. */
  readonly #addresses: Uint8Array = new Uint8Array(2 * Ipv6.ADDRESS);
  #identification: number;

  constructor(parts: Ip6OutputParts) {
    super(parts, Ipv6.HEADER, MAX_PAYLOAD, new Endpoint());
    this.#ndp = parts.ndp;
    this.#identification = (parts.random() * 0x1_0000_0000) | 0;
  }

  protected override resolve(to: Endpoint): number {
    return this.#ndp.resolve(to);
  }

  protected override putHeaders(b: Uint8Array, at: number, length: number): void {
    this.#put(b, at, length, this.protocol);
  }

  protected override pseudoOf(length: number): number {
    this.src.put6(this.#addresses, 0);
    this.dst.put6(this.#addresses, Ipv6.ADDRESS);
    return pseudo6(this.#addresses, 0, this.protocol, length);
  }

  /** RFC 8200 4.5: as in IPv4, with a header of its own in each piece when there is more than one. */
  protected override pieces(head: Uint8Array, b: Uint8Array, at: number, end: number): boolean {
    const { cable, network } = this.parts;
    const room = network.mtu - Ipv6.HEADER;
    const total = HEAD + end - at;
    const whole = total <= room;
    const extra = whole ? 0 : Ipv6.FRAGMENT_HEADER;
    const unit = whole ? total : (room - extra) & ~7;
    if (!whole) this.#identification = (this.#identification + 1) | 0;
    for (let offset = 0; offset < total; offset += unit) {
      const size = Math.min(unit, total - offset);
      const frame = cable.reserve(HEADERS + extra + size);
      if (frame < 0) return false;
      this.#put(cable.slab, frame, extra + size, whole ? this.protocol : Ipv6.Next.FRAGMENT);
      if (!whole) this.#putFragment(cable.slab, frame + HEADERS, offset, offset + size < total);
      const own = offset === 0 ? HEAD : 0;
      if (own > 0) cable.slab.set(head, frame + HEADERS + extra);
      const from = at + offset - HEAD + own;
      cable.commit(HEADERS + extra + own, b, from, from + size - own, null);
    }
    return true;
  }

  #put(b: Uint8Array, at: number, length: number, next: number): void {
    const { neighbours, station } = this.parts;
    Ether.emit(b, at, neighbours.macs, this.mac, station.macs, GATEWAY_MAC, Ether.Type.IP6);
    const ip = at + Ether.HEADER;
    Ipv6.emit(b, ip, length, next, this.hops, this.tos, 0);
    this.src.put6(b, ip + Ipv6.SRC);
    this.dst.put6(b, ip + Ipv6.DST);
  }

  #putFragment(b: Uint8Array, at: number, offset: number, more: boolean): void {
    Ipv6.emitFragment(b, at, this.protocol, offset, more, this.#identification);
  }
}
