// A whole stack between a link and a host that record, under a clock that a test moves. The guest is written with wire alone.
import { type Link, NO_OFFLOAD, type Offload, type Unfinished } from '@reslirp/link';
import { parse4 } from '@reslirp/wire/address';
import * as Arp from '@reslirp/wire/arp';
import { finish, pseudo4, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp4 from '@reslirp/wire/icmp4';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import * as Udp from '@reslirp/wire/udp';
import { Endpoint } from '../src/endpoint.ts';
import type {
  AcceptEvents,
  Acceptor,
  BoundUdpEvents,
  EchoEvents,
  EchoSocket,
  Host,
  TcpEvents,
  TcpSocket,
  UdpEvents,
  UdpSocket,
  UnixPath,
} from '../src/host.ts';
import type { Config, Environment, Stack } from '../src/index.ts';
import { createStack, Drop } from '../src/index.ts';
import { print } from './print.ts';

export const GUEST_MAC: Uint8Array = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
export const GATEWAY_MAC: Uint8Array = Uint8Array.of(0x52, 0x55, 10, 0, 2, 2);
export const EVERYONE_MAC: Uint8Array = new Uint8Array(6).fill(0xff);
const POISON = 0xdb;

export interface SentFrame {
  readonly bytes: Uint8Array;
  readonly unfinished: Unfinished | null;
}

/** Keeps what is committed. Its slab is dirty, and its room ends where `room` says so. */
export class RecordingLink implements Link {
  readonly mtu: number;
  readonly offload: Offload;
  readonly slab: Uint8Array;
  readonly sent: SentFrame[] = [];
  /** Frames that are still taken. */
  room: number = Infinity;
  flushed: number = 0;
  #at: number = 0;
  #size: number = -1;

  constructor(mtu: number, offload: Offload = NO_OFFLOAD) {
    this.mtu = mtu;
    this.offload = offload;
    this.slab = new Uint8Array(200_000);
  }

  reserve(size: number): number {
    if (this.room <= 0) return -1;
    this.#at = (this.#at + 7) % 64;
    this.#size = size;
    this.slab.fill(POISON, 0, this.#at + size + 64);
    return this.#at;
  }

  commit(
    size: number,
    lent?: Uint8Array | null,
    from: number = 0,
    to: number = 0,
    unfinished?: Unfinished | null,
  ): void {
    const rest = lent ? lent.subarray(from, to) : new Uint8Array(0);
    if (size + rest.length > this.#size) throw new Error(`${size} + ${rest.length} bytes in a frame of ${this.#size}`);
    const bytes = new Uint8Array(size + rest.length);
    bytes.set(this.slab.subarray(this.#at, this.#at + size));
    bytes.set(rest, size);
    if (this.slab.subarray(this.#at + size, this.#at + size + 64).some((v) => v !== POISON)) {
      throw new Error('written behind the header');
    }
    this.sent.push({ bytes, unfinished: unfinished ? { ...unfinished } : null });
    this.#size = -1;
    this.room--;
  }

  flush(): void {
    this.flushed++;
  }

  onFrame(): void {}
  onRoom(): void {}
  onEnd(): void {}
  close(): void {}
}

export class FakeUdpSocket implements UdpSocket {
  readonly events: UdpEvents;
  readonly sent: string[] = [];
  closed: boolean = false;

  constructor(events: UdpEvents) {
    this.events = events;
  }

  send(to: Endpoint, hops: number, b: Uint8Array, at: number, end: number): void {
    if (this.closed) throw new Error('sent through a closed socket');
    const size = end - at;
    const text = size > 40 ? `${size} bytes` : String.fromCharCode(...b.subarray(at, end));
    this.sent.push(`${to} ttl ${hops} ${text}`);
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeEcho implements EchoSocket {
  readonly events: EchoEvents;
  readonly sent: string[] = [];
  closed: boolean = false;

  constructor(events: EchoEvents) {
    this.events = events;
  }

  send(to: Endpoint, sequence: number, hops: number, tos: number, b: Uint8Array, at: number, end: number): void {
    if (this.closed) throw new Error('sent through a closed socket');
    this.sent.push(`${to} #${sequence} ttl ${hops} tos ${tos} ${String.fromCharCode(...b.subarray(at, end))}`);
  }

  close(): void {
    this.closed = true;
  }
}

/** A host that may send ICMP echo. */
export class EchoingHost {
  readonly echoes: FakeEcho[] = [];
  /** Sockets that it still has. */
  left: number = Infinity;

  readonly echo = (_family: 4 | 6, events: EchoEvents): EchoSocket | null => {
    if (this.left-- <= 0) return null;
    const socket = new FakeEcho(events);
    this.echoes.push(socket);
    return socket;
  };
}

export class FakeHost implements Host {
  /** Set: it may send ICMP echo. */
  echo?: (family: 4 | 6, events: EchoEvents) => EchoSocket | null;
  readonly udpSockets: FakeUdpSocket[] = [];
  readonly dialled: string[] = [];
  readonly tcpEvents: TcpEvents[] = [];
  readonly aborted: number[] = [];
  readonly acceptors: { at: string; events: AcceptEvents }[] = [];
  readonly bound: { at: string; events: BoundUdpEvents }[] = [];
  /** Acceptors that the stack has closed. */
  readonly closed: string[] = [];
  /** UDP sockets that it still has. */
  left: number = Infinity;

  connect(to: Endpoint | UnixPath, events: TcpEvents): TcpSocket {
    const i = this.dialled.push('path' in to ? to.path : String(to)) - 1;
    this.tcpEvents.push(events);
    const abort = (): void => void this.aborted.push(i);
    return { read: () => 0, write: (_b, at, end) => end - at, finish() {}, abort, close() {} };
  }

  accept(at: Endpoint, events: AcceptEvents): Acceptor {
    this.acceptors.push({ at: String(at), events });
    return { close: () => void this.closed.push(String(at)) };
  }

  udpAt(at: Endpoint, events: BoundUdpEvents): UdpSocket {
    const socket = new FakeUdpSocket(events);
    this.udpSockets.push(socket);
    this.bound.push({ at: String(at), events });
    return socket;
  }

  udp(_family: 4 | 6, events: UdpEvents): UdpSocket | null {
    if (this.left-- <= 0) return null;
    const socket = new FakeUdpSocket(events);
    this.udpSockets.push(socket);
    return socket;
  }
}

export interface RigOptions extends Partial<Config> {
  linkMtu?: number;
  offload?: Offload;
  services?: Environment['services'];
  probe?: Environment['probe'];
}

export class Rig {
  readonly link: RecordingLink;
  readonly host: FakeHost = new FakeHost();
  readonly stack: Stack;
  now: number = 1_000;
  #heard: number = 0;

  constructor({ linkMtu = 1500, offload, services, probe, ...config }: RigOptions = {}) {
    this.link = new RecordingLink(linkMtu, offload);
    const random = seeded(1);
    const env = {
      link: this.link,
      host: this.host,
      random,
      ...(services ? { services } : {}),
      ...(probe ? { probe } : {}),
    };
    this.stack = createStack({ network: '10.0.2.0/24', ...config }, env);
  }

  /** The name of what became of the frame. Whoever keeps it past the call reads poison. */
  send(frame: Uint8Array, trusted: boolean = false): string {
    const lent = new Uint8Array(frame.length + 8).fill(POISON);
    lent.set(frame, 3);
    const why = this.stack.input(lent, 3, 3 + frame.length, trusted, this.now);
    lent.fill(POISON);
    return Object.entries(Drop).find(([, n]) => n === why)![0];
  }

  /** Every frame since the last call, in words; checksums are verified on the way. */
  heard(): string[] {
    return this.frames().map((f) => print(f.bytes, f.unfinished));
  }

  /** Every frame since the last call. */
  frames(): SentFrame[] {
    const frames = this.link.sent.slice(this.#heard);
    this.#heard = this.link.sent.length;
    return frames;
  }

  after(ms: number): this {
    this.now += ms;
    this.stack.poll(this.now);
    return this;
  }

  count(name: string): number {
    return this.stack.stats()[name] ?? 0;
  }
}

export function seeded(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    return (seed >>> 0) / 0x1_0000_0000;
  };
}

export function ip(text: string): number {
  const v = parse4(text);
  if (v === null) throw new Error(`${text} is no address`);
  return v;
}

export function endpoint(text: string): Endpoint {
  const [address = '', port = '0'] = text.split(':');
  return Endpoint.of4(ip(address), Number(port));
}

export function text(s: string): Uint8Array {
  return Uint8Array.from(s, (c) => c.charCodeAt(0));
}

export interface Ether4 {
  dst?: Uint8Array;
  src?: Uint8Array;
  type?: number;
}

export function ether(
  payload: Uint8Array,
  { dst = GATEWAY_MAC, src = GUEST_MAC, type = Ether.Type.IP4 }: Ether4 = {},
): Uint8Array {
  const frame = new Uint8Array(Ether.HEADER + payload.length);
  Ether.emit(frame, 0, dst, 0, src, 0, type);
  frame.set(payload, Ether.HEADER);
  return frame;
}

export interface Ip4 extends Ether4 {
  from?: string;
  to?: string;
  protocol?: number;
  ttl?: number;
  tos?: number;
  id?: number;
  fragment?: number;
}

export function packet(payload: Uint8Array, o: Ip4 = {}): Uint8Array {
  const { from = '10.0.2.15', to = '10.0.2.2', protocol = 17, ttl = 64, tos = 0, id = 1, fragment = 0 } = o;
  const p = new Uint8Array(Ipv4.HEADER + payload.length);
  Ipv4.emit(p, 0, p.length, ip(from), ip(to), protocol, ttl, tos, id, fragment);
  p.set(payload, Ipv4.HEADER);
  return ether(p, o);
}

/** A UDP datagram as bytes of IP payload. */
export function datagram(from: string, to: string, payload: Uint8Array): Uint8Array {
  const a = endpoint(from);
  const z = endpoint(to);
  const b = new Uint8Array(Udp.HEADER + payload.length);
  b.set(payload, Udp.HEADER);
  Udp.emit(b, 0, a.port, z.port, b.length, 0);
  const checksum = Udp.field(sum(b, 0, b.length, pseudo4(a.ip4, z.ip4, Ipv4.Protocol.UDP, b.length)));
  Udp.emit(b, 0, a.port, z.port, b.length, checksum);
  return b;
}

/** From '10.0.2.15:1000' to '192.0.2.1:7'. */
export function udp(from: string, to: string, payload: Uint8Array | string = 'hello', o: Ip4 = {}): Uint8Array {
  const bytes = typeof payload === 'string' ? text(payload) : payload;
  return packet(datagram(from, to, bytes), { ...o, from: from.split(':')[0]!, to: to.split(':')[0]! });
}

export function icmp(type: number, data: Uint8Array | string = 'ping', o: Ip4 = {}): Uint8Array {
  const bytes = typeof data === 'string' ? text(data) : data;
  const b = new Uint8Array(Icmp4.HEADER + bytes.length);
  b.set(bytes, Icmp4.HEADER);
  Icmp4.emit(b, 0, b.length, type, 0, 0x0007_0001);
  return packet(b, { ...o, protocol: Ipv4.Protocol.ICMP });
}

/** A segment without options or payload. */
export function tcp(from: string, to: string, flags: number, seq: number = 1, ack: number = 0): Uint8Array {
  const a = endpoint(from);
  const z = endpoint(to);
  const b = new Uint8Array(Tcp.HEADER);
  Tcp.emit(b, 0, a.port, z.port, seq, ack, Tcp.HEADER, flags, 0xffff);
  Tcp.setSum(b, 0, finish(sum(b, 0, b.length, pseudo4(a.ip4, z.ip4, Ipv4.Protocol.TCP, b.length))));
  return packet(b, { from: from.split(':')[0]!, to: to.split(':')[0]!, protocol: Ipv4.Protocol.TCP });
}

export interface ArpOptions extends Ether4 {
  op?: number;
  sha?: Uint8Array;
  spa?: string;
  tpa?: string;
}

export function arp(o: ArpOptions = {}): Uint8Array {
  const { op = Arp.Op.REQUEST, sha = GUEST_MAC, spa = '10.0.2.15', tpa = '10.0.2.2' } = o;
  const b = new Uint8Array(Arp.HEADER);
  Arp.emit(b, 0, op, sha, 0, ip(spa), new Uint8Array(6), 0, ip(tpa));
  return ether(b, { dst: EVERYONE_MAC, src: sha, ...o, type: Ether.Type.ARP });
}

/** Cuts the payload of a packet as a sender with this MTU would. */
export function fragments(payload: Uint8Array, mtu: number, o: Ip4 = {}): Uint8Array[] {
  const unit = (mtu - Ipv4.HEADER) & ~7;
  const all: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += unit) all.push(fragment(payload, at, at + unit, o));
  return all;
}

/** The part [at, end) of a payload as one fragment; the last when it reaches the end. */
export function fragment(payload: Uint8Array, at: number, end: number, o: Ip4 = {}): Uint8Array {
  const more = end < payload.length ? Ipv4.Fragment.MF : 0;
  return packet(payload.subarray(at, end), { ...o, fragment: more | (at >>> 3) });
}
