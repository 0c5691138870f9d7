// Plays one world after the other until there have been enough packets, or one of them has failed.
import { parentPort, workerData } from 'node:worker_threads';
import type { Plan } from './plan.ts';
import { placeOf } from './plan.ts';
import { Progress } from './progress.ts';

export interface Failure {
  readonly world: number;
  readonly message: string;
}

const { plan, worker, memory } = workerData as { plan: Plan; worker: number; memory: SharedArrayBuffer };
const progress = new Progress(memory);

while (progress.packets < plan.packets) {
  const world = progress.take(worker);
  const { seed, kind } = placeOf(plan, world);
  try {
    progress.played(worker, kind.play(seed));
  } catch (error) {
    const failure: Failure = { world, message: error instanceof Error ? (error.stack ?? error.message) : `${error}` };
    parentPort!.postMessage(failure);
    break;
  }
}
