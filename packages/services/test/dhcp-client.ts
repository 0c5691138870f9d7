// A DHCP client that shares no code with the server: it writes and reads messages byte by byte, RFC 2131 figure 1.
import type { Service } from '@reslirp/stack/service';
import { type FakeNet, format4, formatMac, ip, type Sent } from './fake-net.ts';

export const DISCOVER = 1;
export const REQUEST = 3;
export const DECLINE = 4;
export const RELEASE = 7;
export const INFORM = 8;
const NAMES = ['?', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM'];
const OPTIONS = 240;
const COOKIE = 0x63825363;
const PAD = 0;
const END = 255;

export type Options = readonly (readonly [code: number, value: readonly number[]])[];

export interface Fields {
  readonly op?: number;
  readonly htype?: number;
  readonly hlen?: number;
  readonly xid?: number;
  readonly broadcast?: boolean;
  readonly ciaddr?: string;
  readonly giaddr?: string;
  readonly options?: Options;
  /** No cookie, and nothing behind it: RFC 951. */
  readonly plain?: boolean;
}

export interface Message {
  readonly op: number;
  readonly hops: number;
  readonly xid: number;
  readonly broadcast: boolean;
  readonly ciaddr: string;
  readonly yiaddr: string;
  readonly siaddr: string;
  readonly giaddr: string;
  readonly chaddr: string;
  readonly sname: string;
  readonly file: string;
  /** Codes in the order of the message, each piece. */
  readonly codes: readonly number[];
  /** Values by code, pieces joined (RFC 3396). */
  readonly options: ReadonlyMap<number, readonly number[]>;
}

/** A message of a client. */
export function write(mac: Uint8Array, f: Fields): Uint8Array {
  const options = (f.options ?? []).flatMap(([code, value]) => [code, value.length, ...value]);
  const b = new Uint8Array(OPTIONS + options.length + 1);
  const v = new DataView(b.buffer);
  b.set([f.op ?? 1, f.htype ?? 1, f.hlen ?? 6]);
  v.setUint32(4, f.xid ?? 0xdeadbeef);
  v.setUint16(10, f.broadcast ? 0x8000 : 0);
  v.setInt32(12, ip(f.ciaddr ?? '0.0.0.0'));
  v.setInt32(24, ip(f.giaddr ?? '0.0.0.0'));
  b.set(mac, 28);
  v.setUint32(236, COOKIE);
  b.set([...options, END], OPTIONS);
  if (f.plain) return Uint8Array.from({ length: 300 }, (_, i) => (i < 236 ? b[i]! : 0));
  return b;
}

/** Throws on anything that RFC 2131 and 2132 do not allow. */
export function read(b: Uint8Array): Message {
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  if (b.length < 300) throw new Error(`${b.length} bytes are too few (RFC 1542 2.1)`);
  if (v.getUint32(236) !== COOKIE || b[1] !== 1 || b[2] !== 6) throw new Error('no DHCP message over Ethernet');
  const at = (offset: number): string => format4(v.getInt32(offset));
  const flags = v.getUint16(10);
  if ((flags & 0x7fff) !== 0) throw new Error('reserved flags are set');
  if (b.subarray(34, 44).some((x) => x !== 0)) throw new Error('the rest of chaddr is not empty');
  return {
    op: b[0]!,
    hops: b[3]!,
    xid: v.getUint32(4),
    broadcast: flags !== 0,
    ciaddr: at(12),
    yiaddr: at(16),
    siaddr: at(20),
    giaddr: at(24),
    chaddr: formatMac(b.subarray(28, 34)),
    sname: terminated(b.subarray(44, 108)),
    file: terminated(b.subarray(108, 236)),
    ...readOptions(b),
  };
}

/** RFC 2131 2: text, a zero, and here nothing behind it. */
function terminated(field: Uint8Array): string {
  const end = field.indexOf(0);
  if (end < 0 || field.subarray(end).some((x) => x !== 0)) throw new Error('a field without its zero');
  return String.fromCharCode(...field.subarray(0, end));
}

function readOptions(b: Uint8Array): Pick<Message, 'codes' | 'options'> {
  const codes: number[] = [];
  const options = new Map<number, number[]>();
  let p = OPTIONS;
  while (b[p] !== END) {
    const [code, size] = [b[p], b[p + 1]];
    if (code === undefined || size === undefined || p + 2 + size > b.length) throw new Error('options without an END');
    if (code === PAD) throw new Error('a PAD between options');
    codes.push(code);
    options.set(code, [...(options.get(code) ?? []), ...b.subarray(p + 2, p + 2 + size)]);
    p += 2 + size;
  }
  if (b.subarray(p + 1).some((x) => x !== PAD)) throw new Error('something behind END');
  return { codes, options };
}

export function typeOf(m: Message): string {
  const type = m.options.get(53);
  return type === undefined ? 'BOOTP' : (NAMES[type[0] ?? 0] ?? '?');
}

/** The 32-bit number of an option, unsigned; null when it is absent. */
export function seconds(m: Message, code: number): number | null {
  const v = m.options.get(code);
  return v === undefined ? null : v.reduce((n, x) => n * 256 + x, 0);
}

/** What was sent, as one line: 'ACK 10.0.2.15 > 10.0.2.15:68 02:00:00:00:00:01'. */
export function line({ to, mac, bytes }: Sent): string {
  const m = read(bytes);
  return `${typeOf(m)} ${m.yiaddr} > ${to} ${mac === 'ff:ff:ff:ff:ff:ff' ? 'everyone' : mac}`;
}

/** One network card, and what it says. Each call returns the lines that came back. */
export class Client {
  readonly mac: Uint8Array;
  /** The value of option 61. */
  readonly id: readonly number[] | null;
  readonly #net: FakeNet;
  readonly #server: Service;

  constructor(net: FakeNet, server: Service, n: number, id: readonly number[] | null = null) {
    this.#net = net;
    this.#server = server;
    this.mac = Uint8Array.of(2, 0, 0, 0, n >>> 8, n & 0xff);
    this.id = id;
  }

  /** The bytes of all that came back. */
  exchange(type: number, f: Fields = {}, from: string = '0.0.0.0:68', to: string = '255.255.255.255:67'): Sent[] {
    const options: Options = [
      [53, [type]],
      ...(this.id === null ? [] : [[61, this.id] as const]),
      ...(f.options ?? []),
    ];
    return this.#net.ask(this.#server, write(this.mac, { ...f, options }), from, to, this.mac);
  }

  say(type: number, f: Fields = {}, from?: string, to?: string): string[] {
    return this.exchange(type, f, from, to).map(line);
  }

  /** The one answer. */
  hear(type: number, f: Fields = {}): Message {
    const sent = this.exchange(type, f);
    if (sent.length !== 1) throw new Error(`${sent.length} answers`);
    return read(sent[0]!.bytes);
  }

  discover(wanted: string | null = null, f: Fields = {}): string[] {
    return this.say(DISCOVER, { ...f, options: [...address(50, wanted), ...(f.options ?? [])] });
  }

  selecting(requested: string, server: string = '10.0.2.2', f: Fields = {}): string[] {
    return this.say(REQUEST, {
      ...f,
      options: [...address(50, requested), ...address(54, server), ...(f.options ?? [])],
    });
  }

  initReboot(requested: string, f: Fields = {}): string[] {
    return this.say(REQUEST, { ...f, options: [...address(50, requested), ...(f.options ?? [])] });
  }

  renew(own: string, f: Fields = {}): string[] {
    return this.say(REQUEST, { ...f, ciaddr: own }, `${own}:68`, '10.0.2.2:67');
  }

  rebind(own: string, f: Fields = {}): string[] {
    return this.say(REQUEST, { ...f, ciaddr: own }, `${own}:68`);
  }

  release(own: string, server: string | null = '10.0.2.2'): string[] {
    return this.say(RELEASE, { ciaddr: own, options: address(54, server) }, `${own}:68`, '10.0.2.2:67');
  }

  decline(found: string, server: string | null = '10.0.2.2'): string[] {
    return this.say(DECLINE, { options: [...address(50, found), ...address(54, server)] });
  }

  /** Gets an address, and says which. */
  bind(wanted: string | null = null): string {
    const offered = this.discover(wanted)[0]?.split(' ')[1];
    if (offered === undefined) throw new Error('no offer');
    const answer = this.selecting(offered)[0] ?? 'silence';
    if (!answer.startsWith(`ACK ${offered} `)) throw new Error(answer);
    return offered;
  }
}

/** An option that is one address; none for null. */
export function address(code: number, value: string | null): Options {
  if (value === null) return [];
  const n = ip(value);
  return [[code, [n >>> 24, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff]]];
}
