// Sends one ICMP message: eight bytes of header, and data that stays where it is.
import { put16, u16 } from '@reslirp/wire/bytes';
import { finish, sum } from '@reslirp/wire/checksum';
import * as Icmp4 from '@reslirp/wire/icmp4';
import { Protocol } from '@reslirp/wire/ipv4';
import type { Endpoint } from '../endpoint.ts';
import type { Ip4Output } from '../ip/output4.ts';

/** RFC 1122 3.2.1.7 */
const HOPS = 64;
/** Offset of the checksum. */
const SUM = 2;

export class Icmp4Output {
  readonly #ip: Ip4Output;
  readonly #head: Uint8Array = new Uint8Array(Icmp4.HEADER);

  constructor(ip: Ip4Output) {
    this.#ip = ip;
  }

  /** Fragmented where the MTU asks for it. `rest`: the second word of the header. False when the link or ARP dropped it. */
  send(
    from: Endpoint,
    to: Endpoint,
    type: number,
    code: number,
    rest: number,
    tos: number,
    b: Uint8Array,
    at: number,
    end: number,
  ): boolean {
    const head = this.#head;
    Icmp4.emit(head, 0, Icmp4.HEADER, type, code, rest);
    const sumOfHead = ~u16(head, SUM) & 0xffff;
    put16(head, SUM, finish(sum(b, at, end, sumOfHead)));
    return this.#ip.packet(from, to, Protocol.ICMP, HOPS, tos, head, b, at, end);
  }
}
