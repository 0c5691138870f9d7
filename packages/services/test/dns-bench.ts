// A forwarder between a guest and resolvers that do what the test says.
import type { Endpoint } from '@reslirp/stack/endpoint';
import { type DnsOptions, type DnsServer, dnsServer } from '../src/dns/server.ts';
import * as M from './dns-message.ts';
import { endpoint, FakeNet, type FakeUdp, type Sent } from './fake-net.ts';

export const [A, B, C, SIX] = ['192.0.2.1:53', '192.0.2.2:53', '192.0.2.3:53', '[2001:db8::1]:53'] as const;
export const GUEST = '10.0.2.15:4000';
export const NAMESERVER = '10.0.2.3:53';
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

export class Bench {
  readonly net: FakeNet;
  readonly dns: DnsServer;
  upstreams: string[];

  constructor(
    upstreams: string[] = [A, B],
    { random, cache = false, ...options }: Partial<Omit<DnsOptions, 'upstreams'>> & { random?: () => number } = {},
  ) {
    this.upstreams = upstreams;
    this.net = new FakeNet(random === undefined ? {} : { random });
    const list = (): Endpoint[] => this.upstreams.map(endpoint);
    this.dns = dnsServer({ upstreams: list, cache, ...options });
    this.dns.start(this.net);
  }

  ask(bytes: Uint8Array, from: string = GUEST): Sent[] {
    return this.net.ask(this.dns, bytes, from, NAMESERVER, MAC);
  }

  after(ms: number): Sent[] {
    this.net.after(this.dns, ms);
    return this.net.take();
  }

  /** The newest socket. */
  get socket(): FakeUdp {
    return this.net.sockets.at(-1)!;
  }

  /** Whom the newest question was put to, in order. */
  get asked(): string[] {
    return this.net.sockets.flatMap((s) => s.sent.map(({ to }) => to));
  }

  /** The newest question, as it went out. */
  get forwarded(): Uint8Array {
    return this.socket.sent.at(-1)!.bytes;
  }

  answer(from: string = A, rcode: number = M.NO_ERROR, records?: Uint8Array): Sent[] {
    return this.socket.receive(from, M.answer(this.forwarded, rcode, records));
  }

  /** To the socket that was opened `ago` sockets before the newest. */
  happens(what: 'answer' | 'servfail' | 'refuse', ago: number, resolver: string): Sent[] {
    const socket = this.net.sockets.at(-1 - ago);
    const last = socket?.sent.at(-1)?.bytes;
    if (socket === undefined || last === undefined) return [];
    if (what === 'refuse') return socket.refuse(resolver);
    return socket.receive(resolver, M.answer(last, what === 'answer' ? M.NO_ERROR : M.SERVFAIL));
  }

  count(counter: string): number {
    return this.dns.stats()[counter]!;
  }
}

/** The rcode and identifier of each message. */
export function said(sent: Sent[]): string[] {
  return sent.map(({ bytes }) => `${M.rcodeOf(bytes)} ${M.idOf(bytes)}`);
}

export const QUERY = M.query(77, 'example.org', { edns: 1_232 });
