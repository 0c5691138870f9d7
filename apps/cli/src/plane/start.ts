// The program's side of the data plane.
import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Log } from '../log.ts';
import type { Settings } from '../settings.ts';
import type { Birth, Cable, News, Order } from './message.ts';

export interface Plane {
  /** Ends the network, and then onEnd follows. */
  close(): void;
}

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

/** What an eventfd(2) adds to its counter. */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** Starts the thread. Whatever goes wrong in it is told by onEnd. */
export function startPlane(cable: Cable, settings: Settings, log: Log, events: PlaneEvents): Plane {
  const unread = new Int32Array(new SharedArrayBuffer(4));
  const birth: Birth = { settings, cable, unread };
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: birth });
  let waker = -1;
  let closing = false;
  let over = false;
  const end = (error: string | null): void => {
    if (over) return;
    over = true;
    events.onEnd(error);
  };
  worker.on('message', (news: News) => {
    if (news.kind === 'log') {
      Atomics.sub(unread, 0, 1);
      log.line(news.text);
    } else if (news.kind === 'over') end(news.error);
    else {
      waker = news.waker;
      if (closing) wake();
      else events.onServing();
    }
  });
  worker.on('error', (error) => end(error instanceof Error ? error.message : String(error)));
  worker.on('exit', () => {
    end('the data plane has ended by itself');
    if (waker >= 0) closeSync(waker);
    waker = -1;
  });
  const wake = (): void => {
    if (waker >= 0) writeSync(waker, ONE);
  };
  return {
    close() {
      closing = true;
      worker.postMessage({ kind: 'close' } satisfies Order);
      wake();
    },
  };
}
