// One UDP socket of the host: unconnected, so that it talks to anybody from one port (RFC 4787 REQ-1).
//
// Node hands each datagram to the system in a later microtask, and TTL is a property of the socket. So a datagram with
// another TTL than the ones before it waits until those have left; a traceroute that sends all its probes at once
// still counts hops. What waits is bounded; beyond it datagrams are lost, as on any network, and counted.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { Endpoint } from '@reslirp/stack/endpoint';
import { BindFault, type BoundUdpEvents, Refusal, type UdpEvents, type UdpSocket } from '@reslirp/stack/host';
import { addressText, fillAddress } from './address.ts';
import { type Chunk, type ChunkPool, LARGE } from './chunks.ts';
import { bindFaultOf, refusalOf } from './refusal.ts';

/** Most that waits to leave through one socket, bytes of chunks. */
const LIMIT = 512 * 1024;

/** What the sockets of one host share. */
export interface UdpShared {
  readonly now: () => number;
  readonly chunks: ChunkPool;
  localAddress(family: 4 | 6): string | undefined;
  /** A datagram was lost for want of room. */
  lost(): void;
  /** The descriptor is free again. */
  gone(socket: NodeUdpSocket): void;
}

interface Departing {
  readonly to: Endpoint;
  readonly hops: number;
  readonly chunk: Chunk;
}

export class NodeUdpSocket implements UdpSocket {
  readonly #family: 4 | 6;
  readonly #events: UdpEvents;
  readonly #shared: UdpShared;
  readonly #socket: Socket;
  readonly #from: Endpoint = new Endpoint();
  #fromText: string = '';
  readonly #to: Endpoint = new Endpoint();
  #toText: string = '';
  readonly #waiting: Departing[] = [];
  #inFlight: number = 0;
  #held: number = 0;
  #hops: number = 0;
  #silent: boolean = false;
  #bound: boolean = false;
  #closed: boolean = false;

  constructor(family: 4 | 6, events: UdpEvents, shared: UdpShared) {
    this.#family = family;
    this.#events = events;
    this.#shared = shared;
    // Every address is literal: with a lookup that answers at once nothing goes near DNS or a thread pool.
    this.#socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      lookup: (address, _options, done) => done(null, address, family),
    });
    this.#socket.on('error', () => {}); // of a receive: whose, nobody can tell; of a send: its callback has it
    this.#socket.on('message', (b, info) => this.#arrived(b, info));
    this.#socket.on('close', () => shared.gone(this));
  }

  /** False when there is no port or descriptor to be had; the socket is then gone. */
  bind(): boolean {
    this.#socket.once('listening', () => {
      this.#bound = true;
    });
    const any = this.#family === 4 ? '0.0.0.0' : '::';
    this.#socket.bind({ port: 0, address: this.#shared.localAddress(this.#family) ?? any, exclusive: true });
    if (this.#bound) this.#socket.setBroadcast(true);
    else this.close();
    return this.#bound;
  }

  /** Later than bind(): a given port is not had without asking. */
  bindTo(at: Endpoint, events: BoundUdpEvents): void {
    const failed = (error: Error): void => queueMicrotask(() => this.#unbound(bindFaultOf(error), events));
    this.#socket.once('error', failed);
    this.#socket.bind({ port: at.port, address: addressText(at), exclusive: true }, () => {
      this.#socket.off('error', failed);
      queueMicrotask(() => this.#tellBound(events));
    });
  }

  #tellBound(events: BoundUdpEvents): void {
    if (this.#silent) return;
    this.#socket.setBroadcast(true);
    const { address, port } = this.#socket.address();
    const local = new Endpoint();
    fillAddress(local, address, port);
    events.bound(local, this.#shared.now());
  }

  /** There are too many already. */
  refuse(events: BoundUdpEvents): void {
    this.#unbound(BindFault.EXHAUSTED, events);
  }

  #unbound(why: BindFault, events: BoundUdpEvents): void {
    const told = this.#silent;
    this.close();
    if (!told) events.unbound(why, this.#shared.now());
  }

  send(to: Endpoint, hops: number, b: Uint8Array, at: number, end: number): void {
    if (this.#silent) return;
    const chunk = to.port > 0 && to.is4 === (this.#family === 4) ? this.#copy(b, at, end) : null;
    if (chunk === null) {
      this.#shared.lost();
      return;
    }
    this.#waiting.push({ to: to.copy(), hops, chunk });
    this.#depart();
  }

  /** What was sent still leaves. */
  close(): void {
    this.#silent = true;
    this.#closeWhenEmpty();
  }

  #copy(b: Uint8Array, at: number, end: number): Chunk | null {
    const size = end - at;
    const chunk = size > LARGE ? null : this.#shared.chunks.take(size, this.#held, LIMIT);
    if (chunk === null) return null;
    if (size > chunk.bytes.length) {
      this.#shared.chunks.give(chunk); // only a small one was to be had
      return null;
    }
    this.#held += chunk.bytes.length;
    chunk.bytes.set(b.subarray(at, end));
    chunk.used = size;
    return chunk;
  }

  #depart(): void {
    let next = this.#waiting[0];
    while (next !== undefined && this.#turnHops(next.hops)) {
      this.#waiting.shift();
      this.#send(next);
      next = this.#waiting[0];
    }
  }

  /** False while datagrams with another TTL are on their way out. */
  #turnHops(hops: number): boolean {
    if (hops === this.#hops) return true;
    if (this.#inFlight > 0) return false;
    this.#hops = hops;
    const ttl = Math.min(255, Math.max(1, hops));
    this.#socket.setTTL(ttl);
    this.#socket.setMulticastTTL(ttl);
    return true;
  }

  #send({ to, chunk }: Departing): void {
    if (this.#toText === '' || !this.#to.sameAddress(to)) this.#toText = addressText(this.#to.set(to));
    this.#inFlight++;
    this.#socket.send(chunk.bytes, 0, chunk.used, to.port, this.#toText, (error) => {
      this.#inFlight--;
      this.#held -= chunk.bytes.length;
      this.#shared.chunks.give(chunk);
      this.#depart();
      if (error) this.#refused(to, refusalOf(error));
      this.#closeWhenEmpty();
    });
  }

  #refused(to: Endpoint, why: Refusal): void {
    if (why === Refusal.EXHAUSTED) this.#shared.lost();
    else if (!this.#silent) this.#events.undeliverable(to, why, null, this.#shared.now());
  }

  #arrived(b: Buffer, info: RemoteInfo): void {
    if (this.#silent) return;
    // Mostly it is the same peer again.
    if (info.address !== this.#fromText && !fillAddress(this.#from, info.address.split('%')[0]!, 0)) return;
    this.#fromText = info.address;
    this.#from.port = info.port;
    this.#events.received(this.#from, b, 0, b.length, this.#shared.now());
  }

  #closeWhenEmpty(): void {
    if (!this.#silent || this.#closed || this.#inFlight > 0 || this.#waiting.length > 0) return;
    this.#closed = true;
    this.#socket.close();
  }
}
