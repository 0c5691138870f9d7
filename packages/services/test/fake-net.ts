// A network for one service: what it sends is kept, its sockets are driven by hand, and time is a number.
import { Endpoint } from '@reslirp/stack/endpoint';
import {
  END,
  type Host,
  Refusal,
  type TcpEvents,
  type TcpSocket,
  type UdpEvents,
  type UdpSocket,
} from '@reslirp/stack/host';
import type { Query, Service, ServiceNet, ServicePort } from '@reslirp/stack/service';
import { format4, mask4, parse4 } from '@reslirp/wire/address';

const POISON = 0xdb;
/** Bytes before and behind a datagram: nothing may be read as if it began at 0, or went on to the end of the buffer. */
const SLACK = 7;

export interface Sent {
  readonly from: string;
  readonly to: string;
  /** Null: by ARP. */
  readonly mac: string | null;
  readonly bytes: Uint8Array;
}

export class FakeNet implements ServiceNet {
  readonly network: ServiceNet['network'];
  readonly random: () => number;
  readonly host: Pick<Host, 'connect' | 'udp'>;
  readonly sockets: FakeUdp[] = [];
  readonly connections: FakeTcp[] = [];
  readonly learned: string[] = [];
  /** Whole frames that were sent. */
  readonly frames: Uint8Array[] = [];
  /** Addresses that the cable was asked for. */
  readonly probed: string[] = [];
  /** Who was heard at an address, and when. */
  readonly stations: Map<string, { readonly mac: string; readonly at: number }> = new Map();
  /** Sockets that the host still gives, and ports that the stack does. */
  room: number = Infinity;
  now: number = 1_000;
  /** Who takes what comes to ports that the service has opened. */
  readonly ports: Map<number, (q: Query, now: number) => void> = new Map();
  #sent: Sent[] = [];
  #opened: number = 0;

  constructor({ cidr = '10.0.2.0/24', mtu = 1_500, random = (): number => 0.5 } = {}) {
    this.network = network(cidr, mtu);
    this.random = random;
    this.host = {
      connect: (to, events) => {
        const connection = new FakeTcp(this, String(to), events);
        this.connections.push(connection);
        return connection;
      },
      udp: (family, events) => {
        if (this.sockets.filter((s) => !s.closed).length >= this.room) return null;
        const socket = new FakeUdp(this, family, events);
        this.sockets.push(socket);
        return socket;
      },
    };
  }

  get open(): FakeUdp[] {
    return this.sockets.filter((s) => !s.closed);
  }

  send(from: Endpoint, to: Endpoint, mac: Uint8Array | null, b: Uint8Array, at: number, end: number): void {
    if (end < at) throw new Error('an empty span was sent');
    this.#sent.push({
      from: String(from),
      to: String(to),
      mac: mac === null ? null : formatMac(mac),
      bytes: b.slice(at, end),
    });
  }

  openPort(_own: Endpoint, _peer: Endpoint, received: (q: Query, now: number) => void): ServicePort | null {
    if (this.ports.size >= this.room) return null;
    const port = 50_000 + this.#opened++;
    this.ports.set(port, received);
    return { port, close: () => this.ports.delete(port) };
  }

  sendFrame(b: Uint8Array, at: number, end: number): void {
    this.frames.push(b.slice(at, end));
  }

  neighbour(address: Endpoint, mac: Uint8Array): void {
    this.learned.push(`${address.address()} ${formatMac(mac)}`);
  }

  probe(address: Endpoint): void {
    this.probed.push(address.address());
  }

  isUsedByOther(address: Endpoint, mac: Uint8Array, since: number): boolean {
    const station = this.stations.get(address.address());
    return station !== undefined && station.mac !== formatMac(mac) && station.at > since;
  }

  /** A station speaks as this address. */
  hear(address: string, mac: string): void {
    this.stations.set(address, { mac, at: this.now });
  }

  /** What was sent since the last time. */
  take(): Sent[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** A datagram for the service, lent and poisoned afterwards. Returns what it sent meanwhile. */
  ask(service: Service, bytes: Uint8Array, from: string, to: string, mac: Uint8Array): Sent[] {
    const b = new Uint8Array(bytes.length + 2 * SLACK).fill(POISON);
    b.set(bytes, SLACK);
    const q = { b, at: SLACK, end: SLACK + bytes.length, mac: mac.slice(), from: endpoint(from), to: endpoint(to) };
    const holder = this.ports.get(q.to.port);
    if (holder !== undefined) holder(q, this.now);
    else service.received?.(q, this.now);
    b.fill(POISON);
    q.mac.fill(POISON);
    q.from.set4(-1, 0);
    q.to.set4(-1, 0);
    return this.take();
  }

  /** Moves the clock, and polls when the service wants it. */
  after(service: Service, ms: number): void {
    const until = this.now + ms;
    for (let polls = 0; (service.deadline?.() ?? Infinity) <= until; polls++) {
      if (polls > 1_000) throw new Error('its deadline never moves');
      this.now = Math.max(this.now, service.deadline?.() ?? 0);
      service.poll?.(this.now);
    }
    this.now = until;
  }
}

export class FakeUdp implements UdpSocket {
  readonly family: 4 | 6;
  readonly sent: { readonly to: string; readonly bytes: Uint8Array }[] = [];
  closed: boolean = false;
  readonly #net: FakeNet;
  readonly #events: UdpEvents;

  constructor(net: FakeNet, family: 4 | 6, events: UdpEvents) {
    this.#net = net;
    this.family = family;
    this.#events = events;
  }

  send(to: Endpoint, _hops: number, b: Uint8Array, at: number, end: number): void {
    if (this.closed) throw new Error('sent through a closed socket');
    if (to.is4 !== (this.family === 4)) throw new Error('sent to the other family');
    this.sent.push({ to: String(to), bytes: b.slice(at, end) });
  }

  close(): void {
    if (this.closed) throw new Error('closed twice');
    this.closed = true;
  }

  /** A datagram arrives; lent and poisoned afterwards. Returns what the guest hears. */
  receive(from: string, bytes: Uint8Array): Sent[] {
    const b = new Uint8Array(bytes.length + 2 * SLACK).fill(POISON);
    b.set(bytes, SLACK);
    const lent = endpoint(from);
    if (!this.closed) this.#events.received(lent, b, SLACK, SLACK + bytes.length, this.#net.now);
    b.fill(POISON);
    lent.set4(-1, 0);
    return this.#net.take();
  }

  refuse(to: string): Sent[] {
    if (!this.closed) this.#events.undeliverable(endpoint(to), Refusal.REFUSED, null, this.#net.now);
    return this.#net.take();
  }
}

/** A connection to somewhere outside. */
export class FakeTcp implements TcpSocket {
  readonly to: string;
  readonly written: number[] = [];
  closed: boolean = false;
  readonly #net: FakeNet;
  readonly #events: TcpEvents;
  readonly #waiting: number[] = [];
  #ended: boolean = false;

  constructor(net: FakeNet, to: string, events: TcpEvents) {
    this.#net = net;
    this.to = to;
    this.#events = events;
  }

  open(): void {
    this.#events.opened(this.#net.now);
  }

  /** Returns what the guest hears. */
  refuse(): Sent[] {
    this.closed = true;
    this.#events.refused(Refusal.REFUSED, this.#net.now);
    return this.#net.take();
  }

  /** The far end says this, and perhaps that it has said all. */
  says(bytes: Iterable<number>, last: boolean = false): Sent[] {
    this.#waiting.push(...bytes);
    this.#ended = last;
    this.#events.readable(this.#net.now);
    return this.#net.take();
  }

  read(into: Uint8Array, at: number, end: number): number {
    const n = Math.min(end - at, this.#waiting.length);
    into.set(this.#waiting.splice(0, n), at);
    return n > 0 || !this.#ended ? n : END;
  }

  write(b: Uint8Array, at: number, end: number): number {
    if (this.closed) throw new Error('written to a closed socket');
    this.written.push(...b.subarray(at, end));
    return end - at;
  }

  finish(): void {}

  abort(): void {
    this.closed = true;
  }

  close(): void {
    this.closed = true;
  }
}

export function endpoint(text: string): Endpoint {
  const [, address = '', port = '0'] = /^\[?(.+?)\]?:(\d+)$/.exec(text) ?? [];
  const e = Endpoint.parse(address, Number(port));
  if (e === null) throw new Error(`'${text}' is no endpoint`);
  return e;
}

export function formatMac(mac: Uint8Array): string {
  return Array.from(mac, (v) => v.toString(16).padStart(2, '0')).join(':');
}

export function ip(text: string): number {
  const value = parse4(text);
  if (value === null) throw new Error(`'${text}' is no address`);
  return value;
}

export { format4 };

function network(cidr: string, mtu: number): ServiceNet['network'] {
  const [base = '', bits] = cidr.split('/');
  const prefix4 = Number(bits);
  const address4 = ip(base);
  const all = { address4, mask4: mask4(prefix4), prefix4, broadcast4: address4 | ~mask4(prefix4) };
  const at = (text: string): Endpoint => Endpoint.parse(text)!;
  const v6 = {
    prefix: at('fd00::'),
    bits: 64,
    gateway: at('fd00::2'),
    nameserver: at('fd00::3'),
    linkGateway: at('fe80::2'),
    linkNameserver: at('fe80::3'),
  };
  return { ...all, gateway4: address4 + 2, nameserver4: address4 + 3, speaks4: true, v6, mtu };
}

/** The 16 bytes of an IPv6 address. */
export function parseAddress(text: string): Uint8Array {
  const b = new Uint8Array(16);
  Endpoint.parse(text)!.put6(b, 0);
  return b;
}

export function formatAddress(b: Uint8Array, at: number): string {
  return new Endpoint().set6(b, at, 0).address();
}
