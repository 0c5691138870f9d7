// A DHCPv6 client by hand, RFC 8415. No code is shared with the server.
import type { Service } from '@reslirp/stack/service';
import { type FakeNet, formatAddress, parseAddress } from './fake-net.ts';

export const EVERY_SERVER = '[ff02::1:2]:547';
export const GATEWAY = '[fe80::2]:547';
export const SERVER_DUID = [0, 3, 0, 1, 0x52, 0x55, 10, 0, 2, 2];
export type Options = readonly (readonly [code: number, value: readonly number[]])[];

export function u32(n: number): number[] {
  return [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
}

export function pack(options: Options): number[] {
  return options.flatMap(([code, v]) => [code >> 8, code & 255, v.length >> 8, v.length & 255, ...v]);
}

/** An IA_NA with these addresses. */
export function ia(iaid: number, ...addresses: readonly string[]): readonly [number, readonly number[]] {
  const inner = addresses.map((a) => [5, [...parseAddress(a), ...u32(0), ...u32(0)]] as const);
  return [3, [...u32(iaid), ...u32(0), ...u32(0), ...pack(inner)]];
}

/** Options of [at, end) as text: 'IA 1 [fd00::1000 86400]', 'status 2', '23 …'. */
function texts(b: Uint8Array, at: number, end: number): string[] {
  const found: string[] = [];
  for (let p = at; p < end; ) {
    if (p + 4 > end) throw new Error('half an option');
    const [code, size] = [(b[p]! << 8) | b[p + 1]!, (b[p + 2]! << 8) | b[p + 3]!];
    const v = p + 4;
    p = v + size;
    if (p > end) throw new Error('an option is cut off');
    if (code > 2) found.push(textOf(b, code, v, p));
  }
  return found;
}

function textOf(b: Uint8Array, code: number, v: number, end: number): string {
  const view = new DataView(b.buffer, b.byteOffset);
  switch (code) {
    case 3:
      return `IA ${view.getUint32(v)} [${texts(b, v + 12, end).join(' ')}]`;
    case 4:
      return `TA [${texts(b, v + 4, end).join(' ')}]`;
    case 5:
      return `${formatAddress(b, v)} ${view.getUint32(v + 20)}`;
    case 13:
      return `status ${view.getUint16(v)}`;
    case 23:
      return `dns ${formatAddress(b, v)}`;
    case 25:
      return `PD [${texts(b, v + 12, end).join(' ')}]`;
    default:
      return `${code}:${String.fromCharCode(...b.subarray(v, end)).replaceAll(/[^ -~]/g, '.')}`;
  }
}

export class Client6 {
  readonly duid: readonly number[];
  readonly #net: FakeNet;
  readonly #server: Service;

  constructor(net: FakeNet, server: Service, n: number) {
    this.#net = net;
    this.#server = server;
    this.duid = [0, 3, 0, 1, 2, 0, 0, 0, n >> 8, n & 255];
  }

  say(type: number, options: Options, to: string = EVERY_SERVER, server: readonly number[] = SERVER_DUID): string[] {
    const needsServer = [3, 5, 8, 9].includes(type);
    const all: Options = [[1, this.duid], ...(needsServer ? [[2, server] as const] : []), ...options];
    return this.raw(Uint8Array.from([type, 1, 2, 3, ...pack(all)]), to);
  }

  /** Each answer as one line. */
  raw(message: Uint8Array, to: string = EVERY_SERVER): string[] {
    const sent = this.#net.ask(this.#server, message, '[fe80::99]:546', to, Uint8Array.of(2, 0, 0, 0, 0, 9));
    return sent.map(({ bytes: b, from, to: dst }) => {
      if (from !== GATEWAY || dst !== '[fe80::99]:546') throw new Error(`${from} > ${dst}`);
      if (b.length > 1_232 || b[1] !== message[1] || b[3] !== message[3]) throw new Error('not an answer to that');
      return [`${b[0]}`, ...texts(b, 4, b.length)].join(' ');
    });
  }
}
