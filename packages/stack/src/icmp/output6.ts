// Sends one ICMPv6 message: eight bytes of header, and data that stays where it is.
import { put16 } from '@reslirp/wire/bytes';
import { finish, pseudo6, sum, sumPlain } from '@reslirp/wire/checksum';
import * as Icmp6 from '@reslirp/wire/icmp6';
import { ADDRESS, Next } from '@reslirp/wire/ipv6';
import type { Endpoint } from '../endpoint.ts';
import type { Ip6Output } from '../ip/output6.ts';

/** RFC 1122 3.2.1.7 */
const HOPS = 64;
/** Offset of the checksum. */
const SUM = 2;

export class Icmp6Output {
  readonly #ip: Ip6Output;
  readonly #head: Uint8Array = new Uint8Array(Icmp6.HEADER);
  readonly #addresses: Uint8Array = new Uint8Array(2 * ADDRESS);

  constructor(ip: Ip6Output) {
    this.#ip = ip;
  }

  /** Fragmented where the MTU asks for it. `rest`: the second word of the header. False when the link or NDP dropped it. */
  send(
    from: Endpoint,
    to: Endpoint,
    type: number,
    code: number,
    rest: number,
    traffic: number,
    b: Uint8Array,
    at: number,
    end: number,
  ): boolean {
    const head = this.#head;
    from.put6(this.#addresses, 0);
    to.put6(this.#addresses, ADDRESS);
    const pseudo = pseudo6(this.#addresses, 0, Next.ICMP6, Icmp6.HEADER + end - at);
    Icmp6.emit(head, 0, Icmp6.HEADER, type, code, rest, 0);
    put16(head, SUM, 0);
    put16(head, SUM, finish(sum(b, at, end, sumPlain(head, 0, Icmp6.HEADER, pseudo))));
    return this.#ip.packet(from, to, Next.ICMP6, HOPS, traffic, head, b, at, end);
  }
}
