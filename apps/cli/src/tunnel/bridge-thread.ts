// The program's side of the thread that carries frames.
import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { BridgeBirth, BridgeNews, BridgeOrder, Way } from './message.ts';

/** What an eventfd(2) adds to its counter. */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

export interface BridgeEvents {
  joined(number: number): void;
  parted(number: number, error: string | null, noise: string): void;
  /** Nothing is carried any more. */
  broken(error: string): void;
}

export class BridgeThread {
  readonly #worker: Worker;
  readonly #events: BridgeEvents;
  #waker: number = -1;
  #closing: boolean = false;
  /** Resolves when the thread has ended. */
  readonly #ended: Promise<void>;

  constructor(birth: BridgeBirth, events: BridgeEvents) {
    this.#events = events;
    this.#worker = new Worker(new URL('./bridge.js', import.meta.url), { workerData: birth });
    this.#worker.on('message', (news: BridgeNews) => this.#heard(news));
    this.#worker.on('error', (error) => this.#broke(error instanceof Error ? error.message : String(error)));
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        if (this.#waker >= 0) closeSync(this.#waker);
        this.#waker = -1;
        this.#broke('the thread that carries frames has ended by itself');
        resolve();
      });
    });
  }

  /** Its descriptors are the thread's from now on. */
  take(way: Way): void {
    this.#send({ kind: 'take', way });
  }

  close(): Promise<void> {
    this.#closing = true;
    this.#send({ kind: 'close' });
    return this.#ended;
  }

  #send(order: BridgeOrder): void {
    this.#worker.postMessage(order);
    if (this.#waker >= 0) writeSync(this.#waker, ONE);
  }

  #heard(news: BridgeNews): void {
    if (news.kind === 'turning') {
      this.#waker = news.waker;
      writeSync(this.#waker, ONE); // for what was sent meanwhile
    } else if (this.#closing) return;
    else if (news.kind === 'joined') this.#events.joined(news.number);
    else if (news.kind === 'parted') this.#events.parted(news.number, news.error, news.noise);
    else if (news.kind === 'broken') this.#broke(news.error);
  }

  #broke(error: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#events.broken(error);
  }
}
