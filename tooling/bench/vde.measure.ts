// Through a vde_switch: reslirp as its plug against libslirp as its plug (`vde_plug slirp:// vde://…`), in turns and in one run, with the
// same guest in the same switch: the machine is shared and noisy, so that ratios count.
//
//   ROUNDS=3 SECONDS=4   medians of so many, each so long
//   ONLY=text            rows whose name contains it
//   JSON=path            where the table goes as JSON
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Guest, RESLIRP, run } from '@reslirp/e2e/guest.ts';
import { missing } from '@reslirp/e2e/tools.ts';
import { VdeSwitch } from '@reslirp/e2e/vde-switch.ts';
import { test } from 'vitest';
import { compiled } from './compiled.ts';
import { processorSeconds } from './processor.ts';
import { median, table } from './table.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const SECONDS = Number(process.env['SECONDS'] ?? 4);
const ONLY = process.env['ONLY'] ?? '';
const JSON_FILE = process.env['JSON'] ?? join(tmpdir(), 'reslirp-bench-vde.json');
const GATEWAY = '10.0.2.2';
const PORT = '15302';
/** How long a program is left to itself before it is measured, milliseconds: it joins, and compiles. */
const BEGIN = 1_500;
/** Of iperf3, before it counts: ours is compiled while it runs. */
const WARM_UP = '2';

const US = 'reslirp';
const THEM = 'libslirp';
const PROGRAMS: Readonly<Record<string, (lan: string) => readonly string[]>> = {
  [US]: (lan) => [...RESLIRP, '--vde', lan],
  [THEM]: (lan) => ['vde_plug', 'slirp://', lan],
};

interface Measurement {
  readonly name: string;
  readonly better: 'more' | 'less';
  readonly goal?: number;
  /** `spent`: processor seconds of the program so far. */
  run(guest: Guest, spent: () => number): Promise<Readonly<Record<string, number>>>;
}

const flows = (name: string, args: readonly string[], goal?: number): Measurement => ({
  name,
  better: 'more',
  ...(goal === undefined ? {} : { goal }),
  async run(guest, spent) {
    const server = run(['iperf3', '-s', '-1', '-B', '127.0.0.1', '-p', PORT], SECONDS * 1_000 + 20_000);
    await pause(300);
    const before = spent();
    const client = ['iperf3', '-c', GATEWAY, '-p', PORT, '-t', String(SECONDS), '-O', WARM_UP, '-J', ...args];
    const done = await guest.run(client, SECONDS * 1_000 + 20_000);
    const after = spent();
    await server;
    const { bytes, bits_per_second, seconds } = JSON.parse(done.out).end.sum_received;
    const carried = (bytes * (seconds + Number(WARM_UP))) / seconds; // so much as was spent for
    return {
      [`${name}, Gbit/s`]: bits_per_second / 1e9,
      [`${name}, processor s/GB`]: (after - before) / (carried / 1e9),
    };
  },
});

const beats = (
  name: string,
  what: string,
  args: readonly string[],
  figure: string,
  better: 'more' | 'less',
): Measurement => ({
  name,
  better,
  async run(guest) {
    const server = spawn(compiled('netbench'), ['serve', PORT], { stdio: 'ignore' });
    await pause(200);
    try {
      const done = await guest.run(
        [compiled('netbench'), what, GATEWAY, PORT, String(SECONDS), ...args],
        SECONDS * 1_000 + 20_000,
      );
      const found = new RegExp(`\\b${figure}=([\\d.]+)`).exec(done.out);
      if (found === null) throw new Error(`netbench: no ${figure} in '${done.out}${done.err}'`);
      return { [name]: Number(found[1]) };
    } finally {
      server.kill('SIGKILL');
    }
  },
});

const MEASUREMENTS: readonly Measurement[] = [
  flows('guest > host', [], 2),
  flows('host > guest', ['-R'], 2),
  flows('8 flows, guest > host', ['-P', '8']),
  flows('8 flows, host > guest', ['-P', '8', '-R']),
  beats('TCP, 1 byte there and back p50, us', 'rr', [], 'p50_us', 'less'),
  beats('connections, 32 at a time, 1/s', 'cps', ['32'], 'per_s', 'more'),
  beats('UDP, 1000 B echoed, 1/s', 'upps', ['1000'], 'echoed_per_s', 'more'),
];

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One measurement, with everything new: switch, program and guest. */
async function measure(what: Measurement, who: string): Promise<Readonly<Record<string, number>>> {
  const lan = await VdeSwitch.start();
  const [file = '', ...args] = PROGRAMS[who]!(lan.url);
  const program: ChildProcess = spawn(file, args, { stdio: ['ignore', 'ignore', 'ignore'] });
  const guest = await Guest.joined(['vde_plug', 'tap://tap0', lan.url]);
  try {
    await pause(BEGIN);
    await guest.dhcp();
    return await what.run(guest, () => processorSeconds(program.pid!));
  } finally {
    await guest.stop();
    program.kill('SIGKILL');
    if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
    await lan.remove();
  }
}

interface Row {
  readonly name: string;
  readonly ours: number;
  readonly theirs: number;
  /** How many times better ours is. */
  readonly ratio: number;
  readonly goal: number | null;
}

async function compare(what: Measurement): Promise<Row[]> {
  const taken: Record<string, Readonly<Record<string, number>>[]> = { [US]: [], [THEM]: [] };
  for (let i = 0; i < ROUNDS; i++) for (const who of [US, THEM]) taken[who]!.push(await measure(what, who));
  return Object.keys(taken[US]![0]!).map((name): Row => {
    const [ours, theirs] = [US, THEM].map((who) => median(taken[who]!.map((figures) => figures[name]!))) as [
      number,
      number,
    ];
    const isLess = what.better === 'less' || name.endsWith('s/GB');
    return {
      name,
      ours,
      theirs,
      ratio: isLess ? theirs / ours : ours / theirs,
      goal: isLess ? null : (what.goal ?? null),
    };
  });
}

const why =
  missing('iperf3', 'vde_switch', 'cc') ??
  (await run(['sh', '-c', 'ls /usr/lib/*/vdeplug/libvdeplug_slirp.so']).then(({ code }) =>
    code === 0 ? null : 'not installed: libvdeplug-slirp',
  ));

test.skipIf(why !== null)(`a vde_switch at MTU 1500${why === null ? '' : `: skipped, ${why}`}`, async () => {
  const rows: Row[] = [];
  for (const what of MEASUREMENTS) if (what.name.includes(ONLY)) rows.push(...(await compare(what)));
  writeFileSync(JSON_FILE, `${JSON.stringify({ rounds: ROUNDS, seconds: SECONDS, rows }, null, 2)}\n`);
  const text = rows.map(({ name, ours, theirs, ratio, goal }) => [
    name,
    ours.toPrecision(3),
    theirs.toPrecision(3),
    `${ratio.toFixed(2)}x`,
    goal === null ? '' : `${goal}x`,
  ]);
  console.log(`\n${table([['vde_switch, MTU 1500', US, THEM, 'times better', 'goal'], ...text])}\n\n${JSON_FILE}\n`);
});
