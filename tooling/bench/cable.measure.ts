// The cable path, reslirp against libslirp (vde_plug slirp://), in turns and in one run: the machine is shared and noisy, so that
// ratios count. The guest is the Linux kernel behind vde_plug, for both alike.
import { fileURLToPath } from 'node:url';
import { Guest, LIBSLIRP, RESLIRP, run } from '@reslirp/e2e/guest.ts';
import { missing } from '@reslirp/e2e/tools.ts';
import { test } from 'vitest';
import { processorSeconds } from './processor.ts';
import { median, table } from './table.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const SECONDS = Number(process.env['SECONDS'] ?? 3);
const BAD_CABLE = [process.execPath, fileURLToPath(new URL('../e2e/bad-cable.js', import.meta.url)), '{"delay":25}'];
const PORT = 15_301;
const UP: readonly string[] = [];
const DOWN: readonly string[] = ['-R'];

interface Sample {
  /** Gbit/s that the receiver got. */
  readonly rate: number;
  /** Processor seconds of the network process per gigabyte. */
  readonly cost: number;
}

async function measure(program: readonly string[], direction: readonly string[]): Promise<Sample> {
  const guest = await Guest.start(program);
  try {
    await guest.dhcp();
    const server = run(['iperf3', '-s', '-1', '-B', '127.0.0.1', '-p', String(PORT)], SECONDS * 1_000 + 15_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = processorSeconds(guest.programPid);
    const client = [
      'iperf3',
      '-c',
      '10.0.2.2',
      '-p',
      String(PORT),
      '-t',
      String(SECONDS),
      '-O',
      '1',
      '-J',
      ...direction,
    ];
    const done = await guest.run(client, SECONDS * 1_000 + 15_000);
    const spent = processorSeconds(guest.programPid) - before;
    await server;
    const { bytes, bits_per_second } = JSON.parse(done.out).end.sum_received;
    return { rate: bits_per_second / 1e9, cost: spent / (bytes / 1e9) };
  } finally {
    await guest.stop();
  }
}

async function compare(name: string, wrap: readonly string[], goal: number): Promise<void> {
  const rows: string[][] = [];
  for (const [title, direction] of [
    ['guest > host', UP],
    ['host > guest', DOWN],
  ] as const) {
    const ours: Sample[] = [];
    const theirs: Sample[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      ours.push(await measure([...wrap, ...RESLIRP], direction));
      theirs.push(await measure([...wrap, ...LIBSLIRP], direction));
    }
    const rate = [ours, theirs].map((samples) => median(samples.map((s) => s.rate)));
    const cost = [ours, theirs].map((samples) => median(samples.map((s) => s.cost)));
    const ratio = rate[0]! / rate[1]!;
    const costs = wrap.length === 0 ? cost.map((c) => c.toFixed(2)) : ['', ''];
    rows.push([title, ...rate.map((r) => r.toFixed(3)), `${ratio.toFixed(1)}x`, `${goal}x`, ...costs]);
  }
  const head = [name, 'reslirp Gbit/s', 'libslirp Gbit/s', 'ratio', 'goal', 'reslirp s/GB', 'libslirp s/GB'];
  console.log(`\n${table([head, ...rows])}\n`);
}

const why =
  missing('iperf3') ??
  (await run(['sh', '-c', 'ls /usr/lib/*/vdeplug/libvdeplug_slirp.so']).then(({ code }) =>
    code === 0 ? null : 'not installed: libvdeplug-slirp',
  ));

test.skipIf(why !== null)(`the cable at MTU 1500${why === null ? '' : `: skipped, ${why}`}`, () =>
  compare('MTU 1500', [], 3),
);
test.skipIf(why !== null)(`the same with 50 ms of delay${why === null ? '' : `: skipped, ${why}`}`, () =>
  compare('50 ms', BAD_CABLE, 20),
);
