// A TFTP client that shares no code with the server, and files in memory.
import type { Service } from '@reslirp/stack/service';
import { FileFault, type FileSource, type OpenFile } from '../src/tftp/files.ts';
import type { FakeNet, Sent } from './fake-net.ts';

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const AT: Readonly<Record<4 | 6, string>> = { 4: '10.0.2.2', 6: '[fd00::2]' };

/** Files by name; what is open is counted. */
export class MemoryFiles implements FileSource {
  readonly contents: Map<string, Uint8Array | FileFault> = new Map();
  opened: number = 0;

  open(name: string): OpenFile | FileFault {
    const found = this.contents.get(name) ?? FileFault.NOT_FOUND;
    if (typeof found === 'string') return found;
    this.opened++;
    let closed = false;
    return {
      size: found.length,
      read: (into, at, end, position) => {
        if (closed) throw new Error('read after close');
        const now = this.contents.get(name);
        if (!(now instanceof Uint8Array)) return -1;
        const piece = now.subarray(position, position + end - at);
        into.set(piece, at);
        return piece.length;
      },
      close: () => {
        if (closed) throw new Error('closed twice');
        closed = true;
        this.opened--;
      },
    };
  }
}

export interface ClientOptions {
  readonly from?: string;
  readonly mac?: Uint8Array;
  readonly family?: 4 | 6;
}

/** What has come of one file. */
class Reception {
  readonly data: number[] = [];
  unsaid: number = 0;
  done: boolean = false;
  error: string | null = null;
  #agreed: ReadonlyMap<string, string> = new Map();
  #expected: number = 1;

  get failed(): boolean {
    return this.error !== null;
  }

  /** One message. Returns the block to acknowledge, null for none. */
  take(b: Uint8Array): number | null {
    const n = ((b[2] ?? 0) << 8) | (b[3] ?? 0);
    if (b[1] === 5) {
      this.error = `${n} ${text(b.subarray(4, -1))}`;
      this.done = true;
      return null;
    }
    if (b[1] === 6) {
      this.#agreed = optionsOf(b);
      return 0;
    }
    if (n === this.#expected % 65_536) {
      for (const v of b.subarray(4)) this.data.push(v);
      this.#expected++;
      this.done = b.length - 4 < Number(this.#agreed.get('blksize') ?? 512);
      if (++this.unsaid < Number(this.#agreed.get('windowsize') ?? 1) && !this.done) return null;
    }
    this.unsaid = 0;
    return this.#expected - 1;
  }
}

export class TftpClient {
  readonly from: string;
  readonly #mac: Uint8Array;
  readonly #at: string;
  readonly #net: FakeNet;
  readonly #server: Service;
  /** The server's end, once it has spoken. */
  port: string = '';

  constructor(net: FakeNet, server: Service, { from, mac = MAC, family = 4 }: ClientOptions = {}) {
    this.#net = net;
    this.#server = server;
    this.from = from ?? (family === 4 ? '10.0.2.15:2070' : '[fd00::15]:2070');
    this.#mac = mac;
    this.#at = AT[family];
  }

  /** Options as name, value, name, value. */
  get(name: string, options: readonly (string | number)[] = [], mode: string = 'octet'): Sent[] {
    return this.request(1, [name, mode, ...options]);
  }

  request(op: number, texts: readonly (string | number)[]): Sent[] {
    return this.raw(`\0${String.fromCharCode(op)}${texts.map((text) => `${text}\0`).join('')}`);
  }

  /** To port 69. */
  raw(text: string): Sent[] {
    return this.#heard(this.#net.ask(this.#server, bytes(text), this.from, `${this.#at}:69`, this.#mac));
  }

  /** To the transfer's port; `from` another one of ours. */
  say(text: string, from: string = this.from): Sent[] {
    return this.#net.ask(this.#server, bytes(text), from, this.port, this.#mac);
  }

  ack(n: number, from?: string): Sent[] {
    return this.say(`\0\x04${String.fromCharCode((n >> 8) & 255, n & 255)}`, from);
  }

  error(code: number = 0): Sent[] {
    return this.say(`\0\x05\0${String.fromCharCode(code)}enough\0`);
  }

  /**
   * Takes a file as a client does, each window acknowledged once, and returns it with the number of messages. `lost`: whether the
   * n-th message of either side, of all that are sent, does not arrive; then only time goes on.
   */
  download(
    name: string,
    options: readonly (string | number)[] = [],
    mode: string = 'octet',
    lost: (n: number) => boolean = () => false,
  ): { data: number[]; messages: number; error: string | null } {
    const r = new Reception();
    let messages = 0;
    let inbox = this.get(name, options, mode);
    for (let waits = 0; !r.done; ) {
      const arrived = inbox.filter(() => !lost(messages++));
      const said = arrived.map(({ bytes: b }) => r.take(b)).filter((n) => n !== null);
      const say = said.at(-1);
      inbox = say !== undefined && !r.failed && !lost(messages++) ? this.ack(say) : [];
      if (inbox.length > 0 || r.done) continue;
      if (waits++ > 150) throw new Error('the transfer stands still');
      this.#net.after(this.#server, 1_000);
      inbox = this.#net.take();
      r.unsaid = 0;
    }
    return { data: r.data, messages, error: r.error };
  }

  #heard(sent: Sent[]): Sent[] {
    if (sent[0] !== undefined) this.port = sent[0].from;
    return sent;
  }
}

/** What was sent, as one line: 'DATA 1 512', 'OACK blksize=1468', 'ERROR 1 not found'. */
export function line({ bytes: b }: Sent): string {
  const n = ((b[2] ?? 0) << 8) | (b[3] ?? 0);
  if (b[1] === 3) return `DATA ${n} ${b.length - 4}`;
  if (b[1] === 5) return `ERROR ${n} ${text(b.subarray(4, -1))}`;
  if (b[1] === 6) return ['OACK', ...[...optionsOf(b)].map(([name, value]) => `${name}=${value}`)].join(' ');
  throw new Error(`nothing that a server says: ${b}`);
}

function optionsOf(b: Uint8Array): ReadonlyMap<string, string> {
  const words = text(b.subarray(2)).split('\0');
  if (words.pop() !== '' || words.length % 2 !== 0) throw new Error('options that are not whole');
  return new Map(words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1]!] as const] : [])));
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export function text(b: Uint8Array): string {
  return String.fromCharCode(...b);
}
