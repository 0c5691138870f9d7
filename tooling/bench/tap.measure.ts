// The TAP path: ours against slirp4netns, in turns and in one run, and the kernel alone beside them. Root, Linux.
//
//   ROUNDS=3 SECONDS=4   medians of so many, each so long
//   ONLY=text            rows whose name contains it
//   OURS='command'       something else in our column; PEER=path in the other
//   JSON=path            where the table goes as JSON
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Done } from '@reslirp/e2e/guest.ts';
import { SLIRP4NETNS } from '@reslirp/e2e/namespace.ts';
import { missingForNamespace } from '@reslirp/e2e/tools.ts';
import { test } from 'vitest';
import { median, table } from './table.js';
import { type Program, World } from './world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const SECONDS = Number(process.env['SECONDS'] ?? 4);
const ONLY = process.env['ONLY'] ?? '';
const JSON_FILE = process.env['JSON'] ?? join(tmpdir(), 'reslirp-bench-tap.json');
const OURS = process.env['OURS']?.split(' ') ?? SLIRP4NETNS;
/** Debian's. By its path: ours has the same name, and npm puts that first. */
const PEER = [process.env['PEER'] ?? '/usr/bin/slirp4netns'];
const S = String(SECONDS);

/** What one measurement says, by the names of the rows that it fills. */
type Figures = Readonly<Record<string, number>>;

interface Measurement {
  readonly name: string;
  readonly mtu: number;
  /** Rows, and what is better. */
  readonly rows: Readonly<Record<string, 'more' | 'less'>>;
  /** Not what the kernel alone can do. */
  readonly programsOnly?: true;
  run(world: World, guest: number | null, program: Program | null, who: Who): Promise<Figures>;
}

const flow = (name: string, mtu: number, args: readonly string[]): Measurement => ({
  name,
  mtu,
  rows: { [`${name}, Gbit/s`]: 'more', [`${name}, processor s/GB`]: 'less', [`${name}, slowest/fastest flow`]: 'more' },
  async run(world, guest, program) {
    const before = program?.processorSeconds() ?? 0;
    const done = await world.load(guest, 'iperf3', ['-t', S, '-O', '1', ...args], SECONDS);
    const spent = (program?.processorSeconds() ?? 0) - before;
    const { end } = JSON.parse(done.out);
    const rates = end.streams.map((s: { receiver: { bits_per_second: number } }) => s.receiver.bits_per_second);
    const { bytes, bits_per_second } = end.sum_received;
    return {
      [`${name}, Gbit/s`]: bits_per_second / 1e9,
      ...(program === null ? {} : { [`${name}, processor s/GB`]: spent / (bytes / 1e9) }),
      ...(rates.length > 1 ? { [`${name}, slowest/fastest flow`]: Math.min(...rates) / Math.max(...rates) } : {}),
    };
  },
});

const datagrams = (size: number): Measurement => ({
  name: `UDP ${size} B`,
  mtu: 1500,
  rows: { [`UDP, ${size} B echoed, 1/s`]: 'more' },
  async run(world, guest) {
    const done = await world.load(guest, 'netbench', ['upps', S, String(size)], SECONDS);
    return { [`UDP, ${size} B echoed, 1/s`]: figure(done, 'echoed_per_s') };
  },
});

const MEASUREMENTS: readonly Measurement[] = [
  flow('MTU 1500, guest > host', 1500, []),
  flow('MTU 1500, host > guest', 1500, ['-R']),
  flow('MTU 65520, guest > host', 65_520, []),
  flow('MTU 65520, host > guest', 65_520, ['-R']),
  flow('8 flows, guest > host', 1500, ['-P', '8']),
  flow('8 flows, host > guest', 1500, ['-P', '8', '-R']),
  {
    name: 'round trip',
    mtu: 1500,
    rows: { 'TCP, 1 byte there and back p50, us': 'less', '… p99, us': 'less' },
    async run(world, guest) {
      const done = await world.load(guest, 'netbench', ['rr', S], SECONDS);
      return { 'TCP, 1 byte there and back p50, us': figure(done, 'p50_us'), '… p99, us': figure(done, 'p99_us') };
    },
  },
  {
    name: 'connections',
    mtu: 1500,
    rows: { 'connections, 32 at a time, 1/s': 'more' },
    async run(world, guest) {
      const done = await world.load(guest, 'netbench', ['cps', S, '32'], SECONDS);
      return { 'connections, 32 at a time, 1/s': figure(done, 'per_s') };
    },
  },
  datagrams(64),
  datagrams(1400),
  {
    name: 'idle',
    mtu: 1500,
    rows: {
      'idle flows': 'more',
      '… opened, 1/s': 'more',
      '… round trip beside them p50, us': 'less',
      '… memory, MiB': 'less',
    },
    programsOnly: true,
    async run(world, guest, program, who) {
      const count = who === 'ours' ? 10_000 : 1_000; // its round trip grows with each of them
      const done = await world.load(guest, 'netbench', ['idle', String(count), S], SECONDS + 30);
      return {
        'idle flows': figure(done, 'ok'),
        '… opened, 1/s': count / figure(done, 'open_s'),
        '… round trip beside them p50, us': figure(done, 'p50_us'),
        '… memory, MiB': program!.memory(),
      };
    },
  },
  {
    name: 'start',
    mtu: 1500,
    rows: { 'start to ready, ms': 'less' },
    programsOnly: true,
    run: async (_world, _guest, program) => ({ 'start to ready, ms': program!.readyAfter }),
  },
];

/** name=number in what netbench prints. */
function figure({ out, err }: Done, name: string): number {
  const found = new RegExp(`\\b${name}=([\\d.]+)`).exec(out);
  if (found === null) throw new Error(`netbench: no ${name} in '${out}${err}'`);
  return Number(found[1]);
}

async function once(world: World, m: Measurement, who: Who): Promise<Figures> {
  if (who === 'kernel') return m.run(world, null, null, who);
  const guest = await world.namespace();
  const program = await world.program(who === 'ours' ? OURS : PEER, guest, m.mtu);
  try {
    return await m.run(world, guest, program, who);
  } finally {
    await program.stop();
    process.kill(guest, 'SIGKILL');
  }
}

type Who = 'ours' | 'peer' | 'kernel';
type Samples = Readonly<Record<Who, Figures[]>>;

/** All rounds of one measurement, in turns. */
async function measure(world: World, m: Measurement): Promise<Samples> {
  const samples: Samples = { ours: [], peer: [], kernel: [] };
  const who: readonly Who[] = m.programsOnly === true ? ['ours', 'peer'] : ['ours', 'peer', 'kernel'];
  for (let i = 0; i < ROUNDS; i++) for (const one of who) samples[one].push(await once(world, m, one));
  return samples;
}

/** Null when nobody has measured that. */
function middle(figures: readonly Figures[], row: string): number | null {
  const found = figures.map((of) => of[row]).filter((n) => n !== undefined);
  return found.length === 0 ? null : median(found);
}

const why = missingForNamespace(PEER[0]!, 'iperf3', 'cc', 'prlimit');

test.skipIf(why !== null)(`the TAP${why === null ? '' : `: skipped, ${why}`}`, async () => {
  const world = await World.make();
  const rows: string[][] = [];
  const results: Record<string, object> = {};
  for (const m of MEASUREMENTS.filter(({ name }) => name.includes(ONLY))) {
    const samples = await measure(world, m);
    for (const [row, better] of Object.entries(m.rows)) {
      const [ours, peer, kernel] = [samples.ours, samples.peer, samples.kernel].map((of) => middle(of, row));
      if (ours === null || ours === undefined) continue;
      const ratio = peer === null || peer === undefined ? null : ours / peer;
      results[row] = { ours, slirp4netns: peer, kernel, ratio, better };
      rows.push([row, text(ours), text(peer), ratio === null ? '' : `${ratio.toFixed(2)}x`, text(kernel)]);
      console.log(rows.at(-1)!.join('  '));
    }
  }
  world.remove();
  console.log(`\n${table([['', 'reslirp', 'slirp4netns', 'ratio', 'kernel alone'], ...rows])}\n`);
  writeFileSync(JSON_FILE, `${JSON.stringify({ rounds: ROUNDS, seconds: SECONDS, results }, null, 2)}\n`);
  console.log(`as JSON: ${JSON_FILE}`);
});

function text(n: number | null | undefined): string {
  if (n === null || n === undefined) return '';
  return n >= 1_000 ? n.toFixed(0) : n >= 100 ? n.toFixed(1) : n.toFixed(2);
}
