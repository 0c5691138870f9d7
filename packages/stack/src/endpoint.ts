// An address and a port, as everything above IP sees them.
//
// An address is 128 bits in four int32 words; IPv4 travels in its mapped form ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
// So every table, flow and host call is written once for both families. Endpoints are mutable: hot paths own one and
// refill it, and whoever keeps an endpoint beyond a call keeps a copy().
import { format4, format6, parse4, parse6 } from '@reslirp/wire/address';
import { i32, put32 } from '@reslirp/wire/bytes';

const MAPPED = 0xffff;
const SIZE6 = 16;
const LOOPBACK_NET = 127;
/** The first four bits of 224.0.0.0/4 (RFC 5771), the first eight of ff00::/8 (RFC 4291 2.7). */
const GROUP_NETS = 0xe;
const GROUP6 = 0xff;

export class Endpoint {
  w0: number = 0;
  w1: number = 0;
  w2: number = MAPPED;
  w3: number = 0;
  port: number = 0;

  /** From an int32 IPv4 address. */
  static of4(ip: number, port: number = 0): Endpoint {
    return new Endpoint().set4(ip, port);
  }

  /** From text such as '10.0.2.2' or '2001:db8::1'; null when it is no address, or has a zone. */
  static parse(text: string, port: number = 0): Endpoint | null {
    const ip = parse4(text);
    if (ip !== null) return Endpoint.of4(ip, port);
    const b = new Uint8Array(SIZE6);
    return parse6(text, b, 0) ? new Endpoint().set6(b, 0, port) : null;
  }

  /** From text as toString() writes it, or an address alone with `port`; null when it is neither. */
  static read(text: string, port: number): Endpoint | null {
    const [, six, four, given] = /^(?:\[(.*)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? [];
    const e = Endpoint.parse(six ?? four ?? text, given === undefined ? port : Number(given));
    const isOfBrackets = six === undefined || e?.is4 === false;
    return e !== null && isOfBrackets && e.port >= 1 && e.port <= 0xffff ? e : null;
  }

  get is4(): boolean {
    return this.w0 === 0 && this.w1 === 0 && this.w2 === MAPPED;
  }

  /** 127.0.0.0/8 or ::1. */
  get isLoopback(): boolean {
    if (this.is4) return this.w3 >>> 24 === LOOPBACK_NET;
    return this.w0 === 0 && this.w1 === 0 && this.w2 === 0 && this.w3 === 1;
  }

  /** 224.0.0.0/4 or ff00::/8. */
  get isGroup(): boolean {
    return this.is4 ? this.w3 >>> 28 === GROUP_NETS : this.w0 >>> 24 === GROUP6;
  }

  /** The IPv4 address as int32; meaningful only when is4. */
  get ip4(): number {
    return this.w3;
  }

  set4(ip: number, port: number): this {
    this.w0 = 0;
    this.w1 = 0;
    this.w2 = MAPPED;
    this.w3 = ip | 0;
    this.port = port;
    return this;
  }

  /** From the 16 bytes of an IPv6 address at b[at]. */
  set6(b: Uint8Array, at: number, port: number): this {
    return this.setWords(i32(b, at), i32(b, at + 4), i32(b, at + 8), i32(b, at + 12), port);
  }

  /** Writes the 16 bytes of the address to b[at]; IPv4 in its mapped form. */
  put6(b: Uint8Array, at: number): void {
    put32(b, at, this.w0);
    put32(b, at + 4, this.w1);
    put32(b, at + 8, this.w2);
    put32(b, at + 12, this.w3);
  }

  setWords(w0: number, w1: number, w2: number, w3: number, port: number): this {
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
    this.port = port;
    return this;
  }

  /** The address alone; the port stays. */
  setAddress(from: Endpoint): this {
    return this.setWords(from.w0, from.w1, from.w2, from.w3, this.port);
  }

  set(from: Endpoint): this {
    return this.setWords(from.w0, from.w1, from.w2, from.w3, from.port);
  }

  copy(): Endpoint {
    return new Endpoint().set(this);
  }

  sameAddress(o: Endpoint): boolean {
    return this.w3 === o.w3 && this.w2 === o.w2 && this.w1 === o.w1 && this.w0 === o.w0;
  }

  equals(o: Endpoint): boolean {
    return this.port === o.port && this.sameAddress(o);
  }

  /** Text of the address alone, as node:net takes it. */
  address(): string {
    if (this.is4) return format4(this.w3);
    const b = new Uint8Array(SIZE6);
    this.put6(b, 0);
    return format6(b, 0);
  }

  /** As in a URL: '10.0.2.15:80', '[2001:db8::1]:80'. */
  toString(): string {
    return this.is4 ? `${this.address()}:${this.port}` : `[${this.address()}]:${this.port}`;
  }
}
