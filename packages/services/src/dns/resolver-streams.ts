// Connections to resolvers over TCP (RFC 7766): one for each, shared by all questions that need it, and closed when it has been idle.
import type { Endpoint } from '@reslirp/stack/endpoint';
import { END, type Host, type Refusal, type TcpEvents, type TcpSocket } from '@reslirp/stack/host';
import * as Dns from '@reslirp/wire/dns';
import { framed, MessageReader, Outbox } from './stream-messages.ts';

/** Idle, milliseconds. */
const PATIENCE = 5_000;
/** Questions that wait for one connection. */
const MOST_QUESTIONS = 256;
const CHUNK = 16_384;

/** Whoever has asked. */
export interface StreamQuestion {
  /** A query; its identifier is set here. */
  readonly query: Uint8Array;
  received(from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void;
  /** The connection is gone, and with it the answer. */
  lost(from: Endpoint, now: number): void;
}

export class ResolverStreams {
  readonly #host: Pick<Host, 'connect'>;
  readonly #random: () => number;
  readonly #all: Map<string, ResolverStream> = new Map();

  constructor(host: Pick<Host, 'connect'>, random: () => number) {
    this.#host = host;
    this.#random = random;
  }

  get size(): number {
    return this.#all.size;
  }

  /** False: too many wait there already. Returns what forgets the question. */
  ask(to: Endpoint, question: StreamQuestion, now: number): (() => void) | null {
    const key = String(to);
    let stream = this.#all.get(key);
    if (stream === undefined) {
      stream = new ResolverStream(to.copy(), this.#random, () => this.#all.delete(key));
      this.#all.set(key, stream);
      stream.connect(this.#host);
    }
    return stream.ask(question, now);
  }

  poll(now: number): void {
    for (const stream of this.#all.values()) if (stream.idleUntil <= now) stream.close();
  }

  deadline(): number {
    let first = Infinity;
    for (const stream of this.#all.values()) first = Math.min(first, stream.idleUntil);
    return first;
  }

  close(): void {
    for (const stream of this.#all.values()) stream.close();
  }
}

class ResolverStream implements TcpEvents {
  readonly #to: Endpoint;
  readonly #random: () => number;
  readonly #gone: () => void;
  readonly #reader: MessageReader = new MessageReader();
  readonly #outbox: Outbox = new Outbox();
  /** By identifier. */
  readonly #questions: Map<number, StreamQuestion> = new Map();
  #socket: TcpSocket | null = null;
  #open: boolean = false;
  #usedAt: number = 0;

  constructor(to: Endpoint, random: () => number, gone: () => void) {
    this.#to = to;
    this.#random = random;
    this.#gone = gone;
  }

  connect(host: Pick<Host, 'connect'>): void {
    this.#socket = host.connect(this.#to, this);
  }

  get idleUntil(): number {
    return this.#questions.size > 0 ? Infinity : this.#usedAt + PATIENCE;
  }

  ask(question: StreamQuestion, now: number): (() => void) | null {
    if (this.#questions.size >= MOST_QUESTIONS) return null;
    let id = Math.floor(this.#random() * 0x1_0000);
    while (this.#questions.has(id)) id = (id + 1) & 0xffff;
    Dns.setId(question.query, 0, id);
    this.#questions.set(id, question);
    this.#usedAt = now;
    this.#outbox.put(framed(question.query));
    this.#send();
    return () => {
      if (this.#questions.get(id) === question) this.#questions.delete(id);
    };
  }

  close(): void {
    this.#socket?.abort();
    this.#socket = null;
    this.#questions.clear();
    this.#gone();
  }

  opened(): void {
    this.#open = true;
    this.#send();
  }

  writable(): void {
    this.#send();
  }

  readable(now: number): void {
    const chunk = new Uint8Array(CHUNK);
    while (this.#socket !== null) {
      const n = this.#socket.read(chunk, 0, CHUNK);
      if (n === 0) return;
      if (n === END) {
        this.#socket.abort();
        this.#lose(now);
        return;
      }
      this.#usedAt = now;
      this.#reader.push(chunk, 0, n, (b, at, end) => this.#answer(b, at, end, now));
    }
  }

  refused(_why: Refusal, now: number): void {
    this.#lose(now);
  }

  failed(_why: Refusal, now: number): void {
    this.#lose(now);
  }

  #send(): void {
    const socket = this.#socket;
    if (socket !== null && this.#open) this.#outbox.offer((b, at, end) => socket.write(b, at, end));
  }

  #answer(b: Uint8Array, at: number, end: number, now: number): boolean {
    if (end - at >= Dns.HEADER) this.#questions.get(Dns.id(b, at))?.received(this.#to, b, at, end, now);
    return true;
  }

  #lose(now: number): void {
    this.#socket = null;
    this.#gone();
    const questions = [...this.#questions.values()];
    this.#questions.clear();
    for (const question of questions) question.lost(this.#to, now);
  }
}
