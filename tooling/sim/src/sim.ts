// npm run sim: the simulation on all cores, for as many packets as asked for.
import { Worker } from 'node:worker_threads';
import { again, type Plan, placeOf, planOf, USAGE } from './plan.ts';
import { Progress } from './progress.ts';
import type { Failure } from './worker.ts';

/** A world that takes so long in real time has an end that does not come, milliseconds. */
const PATIENCE = 120_000;
const EVERY = 10_000;
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

function main(args: readonly string[]): void {
  if (args.includes('--help')) {
    console.log(USAGE);
    return;
  }
  try {
    start(planOf(args));
  } catch (error) {
    console.error(`sim: ${(error as Error).message}`);
    process.exitCode = EXIT.usage;
  }
}

function start(plan: Plan): void {
  const progress = new Progress(plan.workers);
  const began = performance.now();
  const watch = setInterval(() => look(plan, progress, began), EVERY);
  let running = plan.workers;
  const ended = (): void => {
    if (--running > 0) return;
    clearInterval(watch);
    console.log(summary(plan, progress, began));
  };
  for (let worker = 0; worker < plan.workers; worker++) {
    const workerData = { plan, worker, memory: progress.memory };
    const thread = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      execArgv: ['--enable-source-maps'],
    });
    thread.on('message', ({ world, message }: Failure) => fail(plan, world, message));
    thread.on('error', (error) => fail(plan, progress.at(worker), error.stack ?? error.message));
    thread.on('exit', ended);
  }
}

/** Says where it is, and finds who is stuck. */
function look(plan: Plan, progress: Progress, began: number): void {
  console.error(summary(plan, progress, began));
  const now = performance.now();
  for (let worker = 0; worker < plan.workers; worker++) {
    const world = progress.at(worker);
    const seen = since.get(worker);
    if (seen?.world !== world) since.set(worker, { world, at: now });
    else if (world >= 0 && now - seen.at > PATIENCE) fail(plan, world, 'does not come to an end');
  }
}

/** The world that each worker was last seen in. */
const since: Map<number, { world: number; at: number }> = new Map();

function fail(plan: Plan, world: number, message: string): never {
  const { seed, kind } = placeOf(plan, world);
  console.error(`guest=${kind.name} seed=${seed}: ${message}\nAgain: ${again(plan, world)}`);
  process.exit(EXIT.failed);
}

function summary({ seed, guests }: Plan, { packets, bytes, flows, worlds }: Progress, began: number): string {
  const seconds = (performance.now() - began) / 1_000;
  const last = seed + Math.max(0, Math.ceil(worlds / guests.length) - 1);
  const number = (n: number): string => n.toLocaleString('en');
  return [
    `${number(packets)} packets`,
    `${number(worlds)} worlds of seeds ${seed} to ${last} (${guests.join(', ')})`,
    `${number(flows)} flows`,
    `${number(bytes)} bytes`,
    `${seconds.toFixed(1)} s`,
  ].join(', ');
}

main(process.argv.slice(2));
