// Both IP versions behind the one seam that the transports know.
import type { Cut } from '@reslirp/link';
import * as Udp from '@reslirp/wire/udp';
import type { Endpoint } from '../endpoint.ts';
import type { Refusal, Report } from '../host.ts';
import type { IpErrors, IpOutput } from './output.ts';
import type { PacketOutput } from './packet-output.ts';
import { Train, type TrainOutput } from './train.ts';

/** Packets go out by the version of who they are for. */
export class DualOutput implements IpOutput {
  readonly #ip4: PacketOutput;
  /** Where there is no IPv6, nobody has such an address. */
  readonly #ip6: PacketOutput;
  /** Of the packet that begin() opened. */
  #open: PacketOutput;
  /** Null where the link does not cut datagrams. */
  readonly #train: Train | null;

  /** `room`: Offload.datagrams of the link. */
  constructor(ip4: PacketOutput, ip6: PacketOutput | null, room: number) {
    this.#ip4 = ip4;
    this.#ip6 = ip6 ?? ip4;
    this.#open = ip4;
    const out: TrainOutput = {
      train: (from, to, hops, b, end, size) => this.#of(to).train(from, to, hops, b, end, size),
      datagram: (from, to, hops, b, at, end, now) => this.#of(to).datagram(from, to, hops, b, at, end, now),
    };
    this.#train = room > 0 ? new Train(out, room) : null;
  }

  limit(to: Endpoint): number {
    return this.#of(to).limit(to);
  }

  reachable(to: Endpoint): boolean {
    return this.#of(to).reachable(to);
  }

  begin(from: Endpoint, to: Endpoint, protocol: number, length: number, hops: number): number {
    this.#open = this.#of(to);
    return this.#open.begin(from, to, protocol, length, hops);
  }

  slab(): Uint8Array {
    return this.#open.slab();
  }

  pseudo(): number {
    return this.#open.pseudo();
  }

  commit(
    header: number,
    sumField: number,
    lent: Uint8Array | null,
    from: number,
    to: number,
    cut: Cut,
    mss: number,
  ): void {
    this.#open.commit(header, sumField, lent, from, to, cut, mss);
  }

  datagram(from: Endpoint, to: Endpoint, hops: number, b: Uint8Array, at: number, end: number, now: number): boolean {
    const ip = this.#of(to);
    if (this.#train !== null) {
      const isWhole = Udp.HEADER + end - at <= ip.limit(to);
      if (isWhole && this.#train.add(from, to, hops, b, at, end, now)) return true;
      this.#train.flush(now);
    }
    return ip.datagram(from, to, hops, b, at, end, now);
  }

  /** The end of a turn: datagrams that wait for others leave. */
  flush(now: number): void {
    this.#train?.flush(now);
  }

  /** As PacketOutput.datagramAt(). */
  datagramAt(
    mac: Uint8Array,
    from: Endpoint,
    to: Endpoint,
    hops: number,
    b: Uint8Array,
    at: number,
    end: number,
  ): boolean {
    return this.#of(to).datagramAt(mac, from, to, hops, b, at, end);
  }

  /** As PacketOutput.resolved(). */
  resolved(address: Endpoint, now: number): void {
    this.#of(address).resolved(address, now);
  }

  #of(to: Endpoint): PacketOutput {
    return to.is4 ? this.#ip4 : this.#ip6;
  }
}

/** Errors are said by the version of the packet that they are about. */
export class DualErrors implements IpErrors {
  readonly #ip4: IpErrors;
  readonly #ip6: IpErrors;

  constructor(ip4: IpErrors, ip6: IpErrors | null) {
    this.#ip4 = ip4;
    this.#ip6 = ip6 ?? ip4;
  }

  unreachable(b: Uint8Array, at: number, end: number, why: Refusal, now: number): void {
    this.#about(b, at).unreachable(b, at, end, why, now);
  }

  report(b: Uint8Array, at: number, end: number, report: Report, now: number): void {
    this.#about(b, at).report(b, at, end, report, now);
  }

  #about(b: Uint8Array, at: number): IpErrors {
    return b[at]! >>> 4 === 6 ? this.#ip6 : this.#ip4;
  }
}
