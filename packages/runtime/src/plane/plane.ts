// The program's side of the data plane.
import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Inquiry, Refused, Reply } from '../control/inquiry.ts';
import type { ForwardAnswer, ForwardRequest, GuestForwardRequest } from '../forwards.ts';
import type { Log } from '../log.ts';
import type { NetworkSettings } from '../settings.ts';
import type { Named } from '../snapshot.ts';
import type { Answers, Birth, Cable, News, Order, Question } from './message.ts';

export interface PlaneEvents {
  /** Frames are taken from now on. */
  onServing(): void;
  /** The guest is gone (null), or what broke, in one line. Once, and nothing after it. */
  onEnd(error: string | null): void;
}

/** Whether this system has what the data plane needs. */
export function hasPlane(): boolean {
  return process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64');
}

const TOO_LATE: ForwardAnswer = { error: 'the network is over', port: 0 };
const OVER: Refused = { refused: 'unknown', why: 'the network is over' };
/** What an eventfd(2) adds to its counter. */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

interface Asker {
  answer(given: Answers[keyof Answers]): void;
  tooLate(): void;
}

/** A network on a thread of its own, that blocks in epoll_wait(2). The thread starts at once, the network with serve(). */
export class Plane {
  readonly #log: Log;
  readonly #unread: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  #events: PlaneEvents | null = null;
  /** Descriptor of the loop's eventfd(2), once it turns. */
  #waker: number = -1;
  /** What broke before anybody listened. */
  #fault: string | null = null;
  #over: boolean = false;
  /** Resolves when the thread has loaded all of its code: from then on no file is opened for it. Or when it is over. */
  readonly loaded: Promise<void>;
  #isLoaded: () => void = () => {};
  /** Who waits for the answer to the question of a number. */
  readonly #asked: Map<number, Asker> = new Map();
  #questions: number = 0;

  constructor(settings: NetworkSettings, log: Log) {
    this.#log = log;
    this.loaded = new Promise((resolve) => {
      this.#isLoaded = resolve;
    });
    const birth: Birth = { settings, program: log.program, unread: this.#unread };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: birth });
    this.#worker.on('message', (news: News) => this.#heard(news));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', () => this.#exited());
  }

  /** Once. Whatever goes wrong, before or after, is told by onEnd. */
  serve(cable: Cable, events: PlaneEvents): void {
    this.#events = events;
    if (this.#over) events.onEnd(this.#fault);
    else this.#send({ kind: 'serve', cable });
  }

  /** Makes a forward of the number `id`, which is the caller's choice. */
  forward(id: number, request: ForwardRequest): Promise<ForwardAnswer> {
    return this.#ask({ kind: 'forward', id, request }, TOO_LATE);
  }

  /** As forward(), for something inside the network that leads to something here. */
  guestForward(id: number, request: GuestForwardRequest): Promise<ForwardAnswer> {
    return this.#ask({ kind: 'guestForward', id, request }, TOO_LATE);
  }

  /** Takes a forward away. What flows through it goes on. */
  async unforward(id: number): Promise<void> {
    await this.#ask({ kind: 'unforward', id }, null);
  }

  /** Asks, or tells, the network something, from onServing() on. */
  inquire<K extends Inquiry['kind']>(inquiry: Extract<Inquiry, { kind: K }>): Promise<Reply<K>> {
    return this.#ask({ kind: 'inquiry', inquiry }, OVER) as Promise<Reply<K>>;
  }

  /** What there is now; nothing while nothing is served. */
  async snapshots(): Promise<readonly Named[]> {
    const snapshot = this.#waker < 0 ? null : await this.#ask({ kind: 'snapshot' }, null);
    return snapshot === null ? [] : [[null, snapshot]];
  }

  /** Ends the network, and then onEnd follows. */
  close(): void {
    this.#send({ kind: 'close' });
  }

  /** `late`: the answer of a network that is over. */
  #ask<Q extends Question, L>(question: Q, late: L): Promise<Answers[Q['kind']] | L> {
    if (this.#over) return Promise.resolve(late);
    const number = ++this.#questions;
    return new Promise((resolve) => {
      const answer = (given: Answers[keyof Answers]): void => resolve(given as Answers[Q['kind']]);
      this.#asked.set(number, { answer, tooLate: () => resolve(late) });
      this.#send({ kind: 'ask', number, question });
    });
  }

  #send(order: Order): void {
    this.#worker.postMessage(order);
    if (this.#waker >= 0) writeSync(this.#waker, ONE);
  }

  #heard(news: News): void {
    if (news.kind === 'log') {
      Atomics.sub(this.#unread, 0, Buffer.byteLength(news.text));
      this.#log.line(news.text);
    } else if (news.kind === 'loaded') this.#isLoaded();
    else if (news.kind === 'answer') this.#answer(news.number, news.answer);
    else if (news.kind === 'over') this.#end(news.error);
    else {
      this.#waker = news.waker;
      writeSync(this.#waker, ONE); // for what was sent meanwhile
      this.#events?.onServing();
    }
  }

  #exited(): void {
    this.#end('the data plane has ended by itself');
    if (this.#waker >= 0) closeSync(this.#waker);
    this.#waker = -1;
  }

  #end(error: string | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#fault = error;
    this.#isLoaded();
    for (const { tooLate } of this.#asked.values()) tooLate();
    this.#asked.clear();
    this.#events?.onEnd(error);
  }

  #answer(number: number, given: Answers[keyof Answers]): void {
    this.#asked.get(number)?.answer(given);
    this.#asked.delete(number);
  }
}
