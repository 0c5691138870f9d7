// An address and a port, as everything above IP sees them.
//
// An address is 128 bits in four int32 words; IPv4 travels in its mapped form ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
// So every table, flow and host call is written once for both families. Endpoints are mutable: hot paths own one and
// refill it, and whoever keeps an endpoint beyond a call keeps a copy().
import { format4, parse4 } from '@reslirp/wire/address';

const MAPPED = 0xffff;

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

  /** From text such as '10.0.2.2'; null when it is no address. */
  static parse(text: string, port: number = 0): Endpoint | null {
    const ip = parse4(text);
    return ip === null ? null : Endpoint.of4(ip, port);
  }

  get is4(): boolean {
    return this.w0 === 0 && this.w1 === 0 && this.w2 === MAPPED;
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

  set(from: Endpoint): this {
    this.w0 = from.w0;
    this.w1 = from.w1;
    this.w2 = from.w2;
    this.w3 = from.w3;
    this.port = from.port;
    return this;
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
    return format4(this.w3);
  }

  toString(): string {
    return `${this.address()}:${this.port}`;
  }
}
