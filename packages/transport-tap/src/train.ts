// Datagrams that the guest's kernel has left uncut (UDP segmentation offload), one frame after the other. Each gets its headers
// written before its payload, where the end of the one before it was: that one has been told of already.
import { put16 } from '@reslirp/wire/bytes';
import { finish, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Ipv6 from '@reslirp/wire/ipv6';
import * as Udp from '@reslirp/wire/udp';

/** RFC 791 3.1: fields of the IPv4 header. */
const TOTAL_LENGTH = 2;
const HEADER_SUM = 10;
/** RFC 8200 3. */
const PAYLOAD_LENGTH = 4;
/** RFC 768. */
const LENGTH = 4;

export class Train {
  /** The frame of the datagram at hand: bytes [at, end). Its UDP checksum is undone. */
  at: number = 0;
  end: number = 0;
  #b: Uint8Array = new Uint8Array(0);
  /** A copy: the original is written over. */
  #headers: Uint8Array = new Uint8Array(0);
  #is4: boolean = false;
  /** Payload that is left, and bytes of it in each datagram. */
  #from: number = 0;
  #last: number = 0;
  #size: number = 0;

  /**
   * Of the frame in bytes [at, end), `headers` bytes of which are Ethernet, IP and UDP, and the rest payload for datagrams of
   * `size`. False when that is not so.
   */
  open(b: Uint8Array, at: number, end: number, headers: number, size: number): boolean {
    if (at + headers > end || at + Ether.HEADER + Ipv4.HEADER > end) return false;
    const ip = at + Ether.HEADER;
    const type = Ether.type(b, at);
    this.#is4 = type === Ether.Type.IP4;
    if (!this.#is4 && type !== Ether.Type.IP6) return false;
    const ipHeader = this.#is4 ? Ipv4.headerLength(b, ip) : Ipv6.HEADER;
    const protocol = this.#is4 ? Ipv4.protocol(b, ip) : Ipv6.next(b, ip);
    if (protocol !== Ipv4.Protocol.UDP || headers !== Ether.HEADER + ipHeader + Udp.HEADER) return false;
    this.#b = b;
    this.#headers = b.slice(at, at + headers);
    this.#from = at + headers;
    this.#last = end;
    this.#size = size;
    return true;
  }

  /** Makes the next frame; false when there is none. */
  next(): boolean {
    const size = Math.min(this.#size, this.#last - this.#from);
    if (size === 0) return false;
    this.at = this.#from - this.#headers.length;
    this.end = this.#from + size;
    this.#b.set(this.#headers, this.at);
    this.#putLengths();
    this.#from = this.end;
    return true;
  }

  #putLengths(): void {
    const b = this.#b;
    const ip = this.at + Ether.HEADER;
    const udp = this.at + this.#headers.length - Udp.HEADER;
    put16(b, udp + LENGTH, this.end - udp);
    if (!this.#is4) {
      put16(b, ip + PAYLOAD_LENGTH, this.end - udp);
      return;
    }
    put16(b, ip + TOTAL_LENGTH, this.end - ip);
    put16(b, ip + HEADER_SUM, 0);
    put16(b, ip + HEADER_SUM, finish(sum(b, ip, udp)));
  }
}
