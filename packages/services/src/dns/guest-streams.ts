// The guest's DNS over TCP (RFC 7766), answered here: to the stack each connection is a socket like any other, and behind it are
// questions and answers. Answers leave as they are known, in whatever order (7766 6.2.1.1).
//
// A guest that asks faster than it reads is not read: its window closes. What is silent for a while is ended (6.2.3).
import type { Endpoint } from '@reslirp/stack/endpoint';
import { END, type TcpEvents, type TcpSocket } from '@reslirp/stack/host';
import { framed, MessageReader, Outbox } from './stream-messages.ts';

/** Connections at once, in all and of one guest. */
const MOST = 512;
const MOST_OF_GUEST = 64;
/** Questions of one connection under way. */
const MOST_QUESTIONS = 64;
/** Bytes of answers that wait for a guest before no more questions are read. */
const MOST_WAITING = 128 * 1024;
/** Silence with nothing under way, milliseconds. */
const PATIENCE = 30_000;

/** Takes a message of a guest. Its answer, or null when it gets none, is given once; perhaps before this returns. */
export type Ask = (from: Endpoint, b: Uint8Array, at: number, end: number, answer: Answer, now: number) => void;
export type Answer = (answer: Uint8Array | null, now: number) => void;

export class GuestStreams {
  readonly #ask: Ask;
  readonly #all: Set<GuestStream> = new Set();
  /** Those with events to raise. */
  readonly #restless: Set<GuestStream> = new Set();
  #now: number = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Null: there are too many. */
  connect(from: Endpoint, events: TcpEvents, now: number): TcpSocket | null {
    this.#now = now;
    let ofGuest = 0;
    for (const stream of this.#all) if (stream.guest.sameAddress(from)) ofGuest++;
    if (this.#all.size >= MOST || ofGuest >= MOST_OF_GUEST) return null;
    const stream = new GuestStream(from.copy(), events, {
      ask: this.#ask,
      now: () => this.#now,
      restless: (s) => this.#restless.add(s),
      gone: (s) => {
        this.#all.delete(s);
        this.#restless.delete(s);
      },
    });
    this.#all.add(stream);
    this.#restless.add(stream);
    return stream;
  }

  /** The time of what happens until the next call. */
  at(now: number): void {
    this.#now = now;
  }

  flush(now: number): void {
    this.#now = now;
    for (const stream of this.#restless) {
      this.#restless.delete(stream);
      stream.raise(now);
    }
  }

  poll(now: number): void {
    this.#now = now;
    for (const stream of this.#all) if (stream.idleUntil <= now) stream.end();
  }

  deadline(): number {
    if (this.#restless.size > 0) return 0;
    let first = Infinity;
    for (const stream of this.#all) first = Math.min(first, stream.idleUntil);
    return first;
  }
}

interface Shared {
  readonly ask: Ask;
  now(): number;
  restless(stream: GuestStream): void;
  gone(stream: GuestStream): void;
}

class GuestStream implements TcpSocket {
  readonly guest: Endpoint;
  readonly #events: TcpEvents;
  readonly #shared: Shared;
  readonly #reader: MessageReader = new MessageReader();
  readonly #outbox: Outbox = new Outbox();
  #underWay: number = 0;
  #heardAt: number;
  #opened: boolean = false;
  /** write() has said no to something. */
  #stopped: boolean = false;
  /** The guest has sent its last question, or has been silent for too long. */
  #ending: boolean = false;
  #ended: boolean = false;
  #gone: boolean = false;

  constructor(guest: Endpoint, events: TcpEvents, shared: Shared) {
    this.guest = guest;
    this.#events = events;
    this.#shared = shared;
    this.#heardAt = shared.now();
  }

  /** When its silence has lasted too long. */
  get idleUntil(): number {
    return this.#underWay > 0 || this.#outbox.size > 0 || this.#ending ? Infinity : this.#heardAt + PATIENCE;
  }

  raise(now: number): void {
    if (!this.#opened) {
      this.#opened = true;
      this.#events.opened(now);
    }
    if (this.#outbox.size > 0 || this.#isOver) this.#events.readable(now);
    if (this.#stopped && this.#hasRoom) {
      this.#stopped = false;
      this.#events.writable(now);
    }
  }

  read(into: Uint8Array, at: number, end: number): number {
    const n = this.#outbox.offer((b, from, to) => {
      const size = Math.min(to - from, end - at);
      into.set(b.subarray(from, from + size), at);
      at += size;
      return size;
    });
    if (n > 0) {
      this.#heardAt = this.#shared.now();
      if (this.#stopped && this.#hasRoom) this.#shared.restless(this);
      return n;
    }
    if (!this.#isOver || this.#ended || at === end) return 0;
    this.#ended = true;
    return END;
  }

  write(b: Uint8Array, at: number, end: number): number {
    if (this.#ended) return end - at; // nobody would read the answers
    this.#heardAt = this.#shared.now();
    const n = this.#hasRoom ? this.#reader.push(b, at, end, (m, from, to) => this.#question(m, from, to)) : 0;
    if (n < end - at) this.#stopped = true;
    return n;
  }

  finish(): void {
    this.end();
  }

  end(): void {
    this.#ending = true;
    this.#settle();
  }

  abort(): void {
    this.close();
  }

  close(): void {
    this.#gone = true;
    this.#outbox.clear();
    this.#shared.gone(this);
  }

  get #hasRoom(): boolean {
    return this.#underWay < MOST_QUESTIONS && this.#outbox.size < MOST_WAITING;
  }

  get #isOver(): boolean {
    return this.#ending && this.#underWay === 0 && this.#outbox.size === 0;
  }

  #question(b: Uint8Array, at: number, end: number): boolean {
    this.#underWay++;
    this.#shared.ask(this.guest, b, at, end, (answer) => this.#answered(answer), this.#shared.now());
    return this.#hasRoom;
  }

  #answered(answer: Uint8Array | null): void {
    this.#underWay--;
    if (this.#gone) return;
    if (answer !== null) this.#outbox.put(framed(answer));
    this.#settle();
  }

  /** There may be something to say, at the end of the turn. */
  #settle(): void {
    if (this.#gone || this.#ended) return;
    if (this.#outbox.size > 0 || this.#isOver || (this.#stopped && this.#hasRoom)) this.#shared.restless(this);
  }
}
