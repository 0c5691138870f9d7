// Guests on sockets, in turns and in one run with the peers: WebSockets against libslirp behind a thin relay; 200 guests at once;
// QEMU's stream against QEMU's own libslirp.
//
//   ROUNDS=3                 medians of so many
//   SECONDS=4                each so long, of a WebSocket
//   MEGABYTES=64             each of so much, of QEMU and of all guests together
//   GUESTS=200               at once
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Crowd, exchanger } from '@reslirp/e2e/crowd.ts';
import { Guest, run } from '@reslirp/e2e/guest.ts';
import { Machine, missingMachine } from '@reslirp/e2e/machine/qemu.ts';
import { Program } from '@reslirp/e2e/program.ts';
import { hasher, http } from '@reslirp/e2e/servers.ts';
import { missing } from '@reslirp/e2e/tools.ts';
import { test } from 'vitest';
import { compiled } from './compiled.ts';
import { processorSeconds } from './processor.ts';
import { median, table } from './table.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const SECONDS = Number(process.env['SECONDS'] ?? 4);
const MEGABYTES = Number(process.env['MEGABYTES'] ?? 64);
const GUESTS = Number(process.env['GUESTS'] ?? 200);
const MIB = 1 << 20;
const THIN_RELAY = fileURLToPath(new URL('./thin-relay.js', import.meta.url));
const PATIENCE = 300_000;
const PORT = '15304';
/** Of iperf3, before it counts: ours is compiled while it runs. */
const WARM_UP = '2';
const WARM_UP_MEGABYTES = 16;

/** Resident, MiB. */
function memory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

interface Relay {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<unknown>;
}

async function reslirp(...args: string[]): Promise<Relay> {
  const program = await Program.start(['--ws', '0', ...args], /guests come to/);
  const [, port] = await program.until(/guests come to \S+:(\d+)/);
  return { url: `ws://127.0.0.1:${port}/`, pid: program.pid, stop: () => program.stop() };
}

async function thinRelay(): Promise<Relay> {
  const child: ChildProcess = spawn(process.execPath, [THIN_RELAY], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout!, 'data');
  const stop = async (): Promise<void> => {
    child.kill();
    await once(child, 'exit');
  };
  return { url: `ws://127.0.0.1:${String(port).trim()}/`, pid: child.pid!, stop };
}

/** Gbit/s that one guest, the Linux kernel, sends or gets. */
async function throughput(make: () => Promise<Relay>, direction: readonly string[]): Promise<number> {
  const relay = await make();
  const plug = compiled('ws-plug', '-pthread');
  const guest = await Guest.joined([plug], [plug, new URL(relay.url).port]);
  try {
    await guest.dhcp();
    const time = SECONDS * 1_000 + 20_000;
    const server = run(['iperf3', '-s', '-1', '-B', '127.0.0.1', '-p', PORT], time);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const client = ['iperf3', '-c', '10.0.2.2', '-p', PORT, '-t', String(SECONDS), '-O', WARM_UP, '-J', ...direction];
    const done = await guest.run(client, time);
    await server;
    return JSON.parse(done.out).end.sum_received.bits_per_second / 1e9;
  } finally {
    await guest.stop();
    await relay.stop();
  }
}

const noPeer =
  missing('iperf3', 'cc') ??
  (await run(['sh', '-c', 'ls /usr/lib/*/vdeplug/libvdeplug_slirp.so']).then(({ code }) =>
    code === 0 ? null : 'not installed: libvdeplug-slirp',
  ));

test.skipIf(noPeer !== null)(`WebSockets${noPeer === null ? '' : `: skipped, ${noPeer}`}`, async () => {
  const rows: string[][] = [];
  for (const [name, direction] of [
    ['guest > host', []],
    ['host > guest', ['-R']],
  ] as const) {
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let i = 0; i < ROUNDS; i++) {
      ours.push(await throughput(reslirp, direction));
      theirs.push(await throughput(thinRelay, direction));
    }
    const [a, b] = [median(ours), median(theirs)];
    rows.push([name, a.toFixed(2), b.toFixed(2), `${(a / b).toFixed(2)}x`, '3x']);
  }
  const head = ['WebSocket', 'reslirp Gbit/s', 'libslirp Gbit/s', 'ratio', 'goal'];
  console.log(`\n${table([head, ...rows])}\n`);
});

test(`${GUESTS} guests at once`, async () => {
  const relay = await reslirp('--max-guests', String(GUESTS + 1));
  const size = Math.max(MIB >> 2, Math.round((MEGABYTES * MIB) / GUESTS));
  const server = await exchanger(size, size);
  const crowd = new Crowd();
  try {
    const all = async (): Promise<number[]> => {
      const done = await Promise.all(crowd.guests.map((one) => crowd.exchange(one, server.port, size, PATIENCE)));
      return done.map(({ tcp, took }) => (tcp.done ? (2 * size) / MIB / (took / 1_000) : 0));
    };
    await crowd.join(relay.url);
    await all();
    const before = memory(relay.pid);
    while (crowd.guests.length <= GUESTS) await crowd.join(relay.url);
    await idle();
    const perGuest = (memory(relay.pid) - before) / GUESTS;
    const began = performance.now();
    const rates = await all();
    const took = (performance.now() - began) / 1_000;
    await idle();
    const afterwards = (memory(relay.pid) - before) / GUESTS;
    const rows = [
      ['memory of one that is idle, MiB', perGuest.toFixed(2), '1'],
      ['… that was busy before, MiB', afterwards.toFixed(2), ''],
      ['all together, MiB/s', ((2 * size * rates.length) / MIB / took).toFixed(1), ''],
      ['slowest, MiB/s', Math.min(...rates).toFixed(2), ''],
      ['slowest / fastest', (Math.min(...rates) / Math.max(...rates)).toFixed(2), ''],
    ];
    console.log(`\n${table([[`${GUESTS} guests, ${size >> 10} KiB each way`, 'reslirp', 'goal'], ...rows])}\n`);
  } finally {
    crowd.leave();
    await relay.stop();
    server.close();
  }
});

/** Garbage and lingering ends are gone by then. */
function idle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 12_000));
}

interface Rates {
  readonly up: number;
  readonly down: number;
  /** Of QEMU and of what is beside it, seconds per GiB. */
  readonly cost: number;
}

async function machineRates(netdev: string, besides: number | null): Promise<Rates> {
  const web = await http();
  const hashing = await hasher();
  const machine = await Machine.start(netdev);
  try {
    await machine.dhcp();
    const spent = (): number => processorSeconds(machine.pid) + (besides === null ? 0 : processorSeconds(besides));
    const timed = async (megabytes: number, line: string): Promise<number> => {
      const began = performance.now();
      const { code } = await machine.run(line, PATIENCE);
      if (code !== 0) throw new Error(`the machine failed: ${line}`);
      return megabytes / ((performance.now() - began) / 1_000);
    };
    const download = (megabytes: number): Promise<number> =>
      timed(megabytes, `wget -q -O /dev/null http://10.0.2.2:${web.port}/blocks/${megabytes * 16}`);
    const upload = (megabytes: number): Promise<number> =>
      timed(megabytes, `head -c ${megabytes * MIB} /dev/zero | nc 10.0.2.2 ${hashing.port}`);
    for (const load of [download, upload]) await load(WARM_UP_MEGABYTES); // the guest is compiled while it runs, and so are we
    const before = spent();
    const down = await download(MEGABYTES);
    const up = await upload(MEGABYTES);
    return { up, down, cost: (spent() - before) / ((2 * MEGABYTES) / 1_024) };
  } finally {
    await machine.stop();
    web.close();
    hashing.close();
  }
}

const noMachine = missingMachine();

test.skipIf(noMachine !== null)(`QEMU${noMachine === null ? '' : `: skipped, ${noMachine}`}`, async () => {
  const [ours, theirs]: [Rates[], Rates[]] = [[], []];
  const path = join(tmpdir(), `reslirp-bench-${process.pid}.sock`);
  for (let i = 0; i < ROUNDS; i++) {
    const program = await Program.start(['--qemu', `unix:${path}`], /guests come to/);
    ours.push(await machineRates(`stream,id=n0,server=off,addr.type=unix,addr.path=${path}`, program.pid));
    await program.stop();
    theirs.push(await machineRates('user,id=n0', null));
  }
  const row = (name: string, of: (r: Rates) => number, goal: string): string[] => {
    const [a, b] = [median(ours.map(of)), median(theirs.map(of))];
    return [name, a.toFixed(2), b.toFixed(2), `${(a / b).toFixed(2)}x`, goal];
  };
  const rows = [
    row('guest > host, MiB/s', ({ up }) => up, '1x'),
    row('host > guest, MiB/s', ({ down }) => down, '1x'),
    row('processor, QEMU and reslirp, s/GiB', ({ cost }) => cost, '< 1x'),
  ];
  console.log(`\n${table([['QEMU (TCG)', '-netdev stream', '-netdev user', 'ratio', 'goal'], ...rows])}\n`);
});
