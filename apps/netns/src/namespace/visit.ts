// Into a network namespace and out again. Out again is the difficulty: who is root of a user namespace only may not return to
// the network that it came from. A network namespace belongs to a thread, setns(2): so a thread goes, makes the interface
// there, and ends. The descriptor that it leaves belongs to the whole process, which has not moved.
import { Worker } from 'node:worker_threads';
import { Failure } from '../failure.ts';
import type { Interface } from './interface.ts';

export interface Visit {
  /** The namespace to go to; or a new one, which is mounted on a file. */
  readonly to: { readonly path: string } | { readonly newOn: string };
  readonly interface: Interface;
}

export interface Made {
  /** Of the TAP. */
  readonly fd: number;
  readonly name: string;
}

/** What the thread says at its end. `forbidden`: root of another user namespace may do it. */
export type Outcome = Made | { readonly failure: string; readonly forbidden: boolean };

/** Only root of the namespace's user namespace may do what was to be done. */
export class Forbidden extends Failure {}

/** Makes an interface in another network namespace. Rejects with a Failure, and has left nothing behind then. */
export function makeThere(visit: Visit): Promise<Made> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./visitor.js', import.meta.url), { workerData: visit });
    thread.once('message', (outcome: Outcome) => {
      if (!('failure' in outcome)) resolve(outcome);
      else reject(new (outcome.forbidden ? Forbidden : Failure)(outcome.failure));
    });
    thread.once('error', reject);
    thread.once('exit', () => reject(new Failure('the thread for the network namespace has ended by itself')));
  });
}
