// TCP alone on a bench: no IP, no link. The guest's segments are written down and put in, ours are read back as text,
// the host is a script. Sequence numbers are relative: 0 is each side's SYN.
import type { Cut } from '@reslirp/link';
import { sum } from '@reslirp/wire/checksum';
import * as Wire from '@reslirp/wire/tcp';
import * as Options from '@reslirp/wire/tcp-options';
import type { Timeouts } from '../../src/config.ts';
import { type Drop, DropCounters } from '../../src/drop.ts';
import { Endpoint } from '../../src/endpoint.ts';
import { END, type Host, type Refusal, type TcpEvents, type TcpSocket } from '../../src/host.ts';
import { FULL, type IpOutput } from '../../src/ip/output.ts';
import type { Packet } from '../../src/packet.ts';
import { Verdict } from '../../src/routes.ts';
import { settings } from '../../src/settings.ts';
import { Tcp } from '../../src/tcp/tcp.ts';

export const GUEST: Endpoint = Endpoint.of4(0x0a00020f, 40_000);
export const SERVER: Endpoint = Endpoint.of4(0xc0000201 | 0, 80);
/** The guest's initial sequence number: close to the end of the circle, so that every test wraps. */
const GUEST_ISS = 0xffff_fff0;

/** One segment of the guest. `seq` and `ack` are relative. */
export interface Said {
  flags: string;
  seq: number;
  ack?: number;
  window?: number;
  data?: number | string;
  mss?: number;
  scale?: number;
  /** TSval and TSecr. */
  ts?: readonly [number, number];
  sack?: boolean;
  /** Bytes up to behind the urgent one. */
  urgent?: number;
  port?: number;
}

const FLAGS: readonly [string, number][] = [
  ['S', Wire.Flag.SYN],
  ['F', Wire.Flag.FIN],
  ['R', Wire.Flag.RST],
  ['P', Wire.Flag.PSH],
  ['A', Wire.Flag.ACK],
];

/** The host's side of one connection, as a script; `log` is what the stack asked of it. */
export class Peer implements TcpSocket {
  readonly log: string[] = [];
  readonly events: TcpEvents;
  /** What arrived. */
  got = '';
  /** Bytes that write() still takes. */
  room = Infinity;
  readonly #waiting: number[] = [];
  #ended = false;
  #told = false;
  urgent = false;
  /** Bytes up to behind the urgent one; 0: none is. */
  #urgentAt = 0;

  constructor(events: TcpEvents) {
    this.events = events;
  }

  /** Gives the stack something to read. */
  queue(bytes: number | string): void {
    const text = typeof bytes === 'string' ? bytes : 'x'.repeat(bytes);
    for (let i = 0; i < text.length; i++) this.#waiting.push(text.charCodeAt(i));
  }

  /** The last byte of what waits is urgent. */
  mark(): void {
    this.#urgentAt = this.#waiting.length;
  }

  end(): void {
    this.#ended = true;
  }

  read(into: Uint8Array, at: number, end: number): number {
    const n = Math.min(end - at, this.#urgentAt || this.#waiting.length);
    this.urgent = n > 0 && n === this.#urgentAt;
    this.#urgentAt = Math.max(0, this.#urgentAt - n);
    into.set(this.#waiting.splice(0, n), at);
    if (n > 0 || !this.#ended || this.#told) return n;
    this.#told = true;
    return END;
  }

  write(b: Uint8Array, at: number, end: number): number {
    const n = Math.min(end - at, this.room);
    this.room -= n;
    this.got += String.fromCharCode(...b.subarray(at, at + n));
    return n;
  }

  writeUrgent(b: Uint8Array, at: number, end: number): number {
    const n = this.write(b, at, end);
    if (n === end - at) this.log.push(`urgent ${this.got.at(-1)}`);
    return n;
  }

  finish(): void {
    this.log.push('finish');
  }

  abort(): void {
    this.log.push('abort');
  }

  close(): void {
    this.log.push('close');
  }
}

export interface BenchOptions {
  maxFlows?: number;
  segmentation?: number;
  buffer?: number;
  timeouts?: Partial<Timeouts>;
}

export class Bench implements Host, IpOutput {
  now = 1_000;
  readonly drops: DropCounters = new DropCounters();
  readonly peers: Peer[] = [];
  readonly icmp: Refusal[] = [];
  verdict: Verdict = Verdict.HOST;
  /** ARP knows the guest. */
  known = true;
  /** Segments that the link still takes. */
  room = Infinity;
  readonly tcp: Tcp;
  readonly #out: string[] = [];
  readonly #slab = new Uint8Array(100_000);
  readonly #iss: Map<number, number> = new Map();
  #to: Endpoint = GUEST;

  constructor(options: BenchOptions = {}) {
    this.tcp = new Tcp({
      ip: this,
      errors: { unreachable: (_b, _at, _end, why) => void this.icmp.push(why), report: () => {} },
      host: this,
      routes: {
        tcp: (remote, to) => {
          to.set(remote);
          return this.verdict;
        },
        udp: () => Verdict.IGNORE,
        echo: () => Verdict.IGNORE,
        seenAs: () => {},
        visitor: () => {},
      },
      guestForwards: { find: () => null },
      service: () => null,
      random: () => 0.999_999_999, // our ISS wraps as well
      drops: this.drops,
      timeouts: settings({ network: '10.0.2.0/24', timeouts: { tcpKeepalive: 0, ...options.timeouts } }, 1_500)
        .timeouts,
      maxFlows: options.maxFlows ?? 16,
      buffer: options.buffer ?? 1 << 20,
      memory: 1 << 24,
      mss: () => 1460,
      segmentation: options.segmentation ?? 0,
    });
  }

  /** The guest sends; what follows at the end of the turn is in out(). */
  say(said: Said): Drop {
    const drop = this.put(said);
    this.tcp.flush(this.now);
    return drop;
  }

  /** The guest sends, and the turn goes on. */
  put(said: Said): Drop {
    const b = new Uint8Array(70_000);
    const port = said.port ?? GUEST.port;
    const data = typeof said.data === 'number' ? 'y'.repeat(said.data) : (said.data ?? '');
    let at = Wire.HEADER;
    if (said.mss !== undefined) at = Options.emitMss(b, at, said.mss);
    if (said.scale !== undefined) at = Options.emitWindowScale(b, at, said.scale);
    if (said.sack === true) at = Options.emitSackPermitted(b, at);
    if (said.ts !== undefined) at = Options.emitTimestamps(b, at, said.ts[0], said.ts[1]);
    const flags = FLAGS.reduce((all, [letter, bit]) => (said.flags.includes(letter) ? all | bit : all), 0);
    const ack = said.ack === undefined ? 0 : (this.#iss.get(port) ?? 0) + said.ack;
    Wire.emit(b, 0, port, SERVER.port, GUEST_ISS + said.seq, ack, at, flags, said.window ?? 0xffff);
    if (said.urgent !== undefined) {
      b[13]! |= Wire.Flag.URG;
      b[19] = said.urgent;
    }
    for (let i = 0; i < data.length; i++) b[at + i] = data.charCodeAt(i);
    return this.tcp.input(packet(b, at + data.length), this.now);
  }

  /** The guest's side says that our segment at `seq` was too large for a network of `mtu` bytes; the turn ends. */
  tooBig(seq: number, mtu: number): Drop {
    const drop = this.tcp.tooBig(GUEST, SERVER, (this.#iss.get(GUEST.port) ?? 0) + seq, mtu, this.now);
    this.tcp.flush(this.now);
    return drop;
  }

  /** Our segments since the last call, one line each: flags, sequence, length, ACK, window, options of a SYN. */
  out(): string[] {
    return this.#out.splice(0);
  }

  get peer(): Peer {
    return this.peers.at(-1)!;
  }

  /** Something happens on the host, and the turn ends. */
  host(happens: (events: TcpEvents, peer: Peer, now: number) => void): void {
    happens(this.peer.events, this.peer, this.now);
    this.tcp.flush(this.now);
  }

  /** Time passes; the stack is woken whenever it asked for it. */
  wait(ms: number): void {
    const until = this.now + ms;
    for (let at = this.tcp.deadline(); at <= until; at = this.tcp.deadline()) {
      this.now = Math.max(this.now, at);
      this.tcp.poll(this.now);
      this.tcp.flush(this.now);
    }
    this.now = until;
  }

  /** Somebody comes through a forward to the guest's port; false when nobody takes him. */
  visit(from: Endpoint, guest: Endpoint = GUEST): boolean {
    const take = (events: TcpEvents): TcpSocket => {
      this.peers.push(new Peer(events));
      return this.peer;
    };
    const taken = this.tcp.incoming({ from, take }, guest, this.now);
    this.tcp.flush(this.now);
    return taken;
  }

  /** The handshake: the guest is in ESTABLISHED, and what was sent for it is forgotten. */
  open(options: Partial<Said> = {}): this {
    this.say({ flags: 'S', seq: 0, mss: 1460, scale: 0, ...options });
    this.host((events, _, now) => events.opened(now));
    const echo = options.ts === undefined ? {} : { ts: [options.ts[0], this.tsval] as const };
    this.say({ flags: 'A', seq: 1, ack: 1, window: options.window ?? 0xffff, ...echo });
    this.out();
    return this;
  }

  /** TSval and TSecr of our last segment. */
  tsval = 0;
  tsecr = 0;
  /** The guest's port of every segment of ours. */
  readonly ports: number[] = [];

  get flows(): number {
    return this.tcp.stats()['flows']!;
  }

  connect(_to: Endpoint, events: TcpEvents): TcpSocket {
    this.peers.push(new Peer(events));
    return this.peer;
  }

  udp(): null {
    return null;
  }

  accept(): never {
    throw new Error('TCP listens to nobody by itself');
  }

  udpAt(): never {
    throw new Error('TCP has no use for UDP');
  }

  reachable(): boolean {
    return this.known;
  }

  limit(): number {
    return 1480;
  }

  begin(_from: Endpoint, to: Endpoint): number {
    this.#to = to;
    return this.room > 0 ? 0 : FULL;
  }

  slab(): Uint8Array {
    return this.#slab;
  }

  pseudo(): number {
    return 0;
  }

  commit(
    header: number,
    _sumField: number,
    _lent: Uint8Array | null,
    from: number,
    to: number,
    cut: Cut,
    mss: number,
  ): void {
    this.room--;
    const b = this.#slab;
    const port = this.#to.port;
    const flags = Wire.flags(b, 0);
    if ((flags & Wire.Flag.SYN) !== 0) this.#iss.set(port, Wire.seq(b, 0));
    const seq = (Wire.seq(b, 0) - (this.#iss.get(port) ?? Wire.seq(b, 0))) | 0;
    const ack = (Wire.ack(b, 0) - GUEST_ISS) | 0;
    const names = FLAGS.filter(([, bit]) => (flags & bit) !== 0).map(([letter]) => letter);
    const options = Options.blank();
    Options.read(b, 0, options);
    if (options.timestamps) {
      this.tsval = options.tsVal;
      this.tsecr = options.tsEcr;
    }
    this.ports.push(port);
    const isSyn = (flags & Wire.Flag.SYN) !== 0;
    const syn = isSyn
      ? ` mss=${options.mss} scale=${options.windowScale}${options.sackPermitted ? ' sack' : ''}${options.timestamps ? ' ts' : ''}`
      : '';
    const sack = Array.from({ length: options.sackRanges }, (_, i) => {
      const edges = [options.sack[i * 2]!, options.sack[i * 2 + 1]!];
      return edges.map((edge) => (edge - GUEST_ISS) | 0).join('-');
    });
    const length = to > from ? ` +${to - from}` : '';
    const urgent = (flags & Wire.Flag.URG) !== 0 ? ` urg ${Wire.urgent(b, 0)}` : '';
    const parts = cut === 0 ? '' : `/${mss}`;
    this.#out.push(
      `${names.join('')} ${seq}${length}${parts} ack ${ack}${urgent} win ${Wire.window(b, 0)}${syn}${sack.length > 0 ? ` sack ${sack.join(' ')}` : ''}`,
    );
    b.fill(0xee, 0, header);
  }

  datagram(): boolean {
    return false;
  }
}

function packet(b: Uint8Array, end: number): Packet {
  const pseudo = 0;
  Wire.setSum(b, 0, 0);
  Wire.setSum(b, 0, ~foldAll(sum(b, 0, end)) & 0xffff);
  return {
    b,
    frame: 0,
    ip: 0,
    at: 0,
    end,
    protocol: 6,
    hops: 64,
    tos: 0,
    pseudo,
    trusted: false,
    from: GUEST.copy(),
    to: SERVER.copy(),
  };
}

function foldAll(n: number): number {
  while (n > 0xffff) n = (n & 0xffff) + Math.floor(n / 0x10000);
  return n;
}
