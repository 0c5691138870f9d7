// Cables that lose, delay and reorder: reslirp, the Linux kernel alone and libslirp behind the same bad cable, each with the
// same seeds, in turns and in one run. The guest is the Linux kernel behind vde_plug, for all alike; the kernel's far host is
// another namespace at the end of that cable.
//
//   SEEDS=5     medians of so many
//   ONLY=text   rows whose name contains it
//   PEERS=a,b   reslirp,kernel,libslirp
//   JSON=path   where the table goes as JSON
//
// What is measured is waiting, not work, so that a busy machine disturbs less than elsewhere.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Guest, LIBSLIRP, RESLIRP, run } from '@reslirp/e2e/guest.ts';
import { Namespace } from '@reslirp/e2e/namespace.ts';
import { missing } from '@reslirp/e2e/tools.ts';
import { test } from 'vitest';
import { median, table } from './table.js';

const SEEDS = Number(process.env['SEEDS'] ?? 5);
const ONLY = process.env['ONLY'] ?? '';
const JSON_FILE = process.env['JSON'] ?? join(tmpdir(), 'reslirp-bench-loss.json');
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BAD_CABLE = [process.execPath, here('../e2e/bad-cable.js')];
const FAR = [process.execPath, here('far.js')];
const MB = 1_000_000;

interface Cable {
  readonly name: string;
  /** Of link's impair(): one way. */
  readonly options: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** Most that ours may take, in times of the kernel. */
  readonly goal: number;
}

const CABLES: readonly Cable[] = [
  { name: '2 % loss, 5 ms each way', options: { loss: 0.02, delay: 5 }, bytes: 4 * MB, goal: 3 },
  {
    name: '10 % loss, 5 % reordering, 20 ms each way',
    options: { loss: 0.1, reorder: 0.05, delay: 20 },
    bytes: 4 * MB,
    goal: 3,
  },
  { name: '50 ms there and back', options: { delay: 25 }, bytes: 32 * MB, goal: 1 },
  { name: '100 ms there and back, 1 % loss', options: { delay: 50, loss: 0.01 }, bytes: 4 * MB, goal: 3 },
];

const DIRECTIONS = { 'guest > host': up, 'host > guest': down } as const;
type Peer = 'reslirp' | 'kernel' | 'libslirp';
const PEERS = (process.env['PEERS'] ?? 'reslirp,kernel,libslirp').split(',') as Peer[];
/** Seconds: who has not finished by then never does. */
const BOUND = 60;

/** The far host: this machine, or for the kernel alone a namespace behind the cable. */
class Far {
  readonly port: number;
  readonly #server: ChildProcess;
  readonly #namespace: Namespace | null;

  private constructor(server: ChildProcess, port: number, namespace: Namespace | null) {
    this.#server = server;
    this.port = port;
    this.#namespace = namespace;
  }

  static async start(peer: Peer): Promise<Far> {
    const namespace = peer === 'kernel' ? await Namespace.make() : null;
    const [file = '', ...args] = [...(namespace?.entry ?? []), ...FAR];
    const server = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = await once(server.stdout, 'data');
    return new Far(server, Number(port), namespace);
  }

  /** What is at the far end of the bad cable. */
  program(peer: Peer): readonly string[] {
    if (peer === 'kernel') return [...this.#namespace!.entry, 'vde_plug', 'tap://tap0'];
    return peer === 'reslirp' ? RESLIRP : LIBSLIRP;
  }

  /** The kernel's address on the cable; the programs have theirs. */
  async address(): Promise<void> {
    const up = 'until ip addr add 10.0.2.2/24 dev tap0 2>/dev/null; do sleep 0.05; done; ip link set tap0 up';
    await this.#namespace?.sh(up);
  }

  stop(): void {
    this.#server.kill('SIGKILL');
    this.#namespace?.remove();
  }
}

/** Seconds, BOUND when it never came to an end. */
async function transfer(peer: Peer, cable: Cable, direction: keyof typeof DIRECTIONS, seed: number): Promise<number> {
  const far = await Far.start(peer);
  const guest = await Guest.start([...BAD_CABLE, JSON.stringify({ ...cable.options, seed }), ...far.program(peer)]);
  try {
    await guest.until('ip addr add 10.0.2.15/24 dev tap0');
    await far.address();
    await guest.until('ping -c 1 -W 1 10.0.2.2'); // ARP may be lost, too, and is not what is measured
    const url = `http://10.0.2.2:${far.port}`;
    const curl = `curl -s -m ${BOUND} -o /dev/null -w '%{time_total}'`;
    const { out, code } = await guest.sh(DIRECTIONS[direction](curl, url, cable.bytes), (BOUND + 10) * 1_000);
    return code === 0 ? Number(out) : BOUND;
  } finally {
    await guest.stop();
    far.stop();
  }
}

function down(curl: string, url: string, bytes: number): string {
  return `${curl} ${url}/${bytes}`;
}

function up(curl: string, url: string, bytes: number): string {
  return `head -c ${bytes} /dev/zero | ${curl} -H 'Expect:' -T - ${url}/`;
}

async function measure(cable: Cable, direction: keyof typeof DIRECTIONS): Promise<Partial<Record<Peer, number[]>>> {
  const took: Partial<Record<Peer, number[]>> = {};
  for (let seed = 1; seed <= SEEDS; seed++) {
    for (const peer of PEERS) {
      if (peer === 'libslirp' && (took[peer]?.[0] ?? 0) >= BOUND) continue; // a minute each, for the same answer
      took[peer] = [...(took[peer] ?? []), await transfer(peer, cable, direction, seed)];
    }
  }
  return took;
}

const why =
  missing('curl', 'ping') ??
  (await run(['sh', '-c', 'ls /usr/lib/*/vdeplug/libvdeplug_slirp.so']).then(({ code }) =>
    code === 0 ? null : 'not installed: libvdeplug-slirp',
  ));

test.skipIf(why !== null)(`bad cables${why === null ? '' : `: skipped, ${why}`}`, async () => {
  const rows: string[][] = [];
  const results: Record<string, object> = {};
  for (const cable of CABLES) {
    for (const direction of Object.keys(DIRECTIONS) as (keyof typeof DIRECTIONS)[]) {
      const name = `${cable.bytes / MB} MB, ${cable.name}, ${direction}`;
      if (!name.includes(ONLY)) continue;
      const took = await measure(cable, direction);
      const of = (peer: Peer): number => (took[peer] === undefined ? Number.NaN : median(took[peer]));
      const ratio = of('reslirp') / of('kernel');
      results[name] = { seconds: took, ratio, goal: cable.goal };
      rows.push([name, text(of('reslirp')), text(of('kernel')), times(ratio), times(cable.goal), text(of('libslirp'))]);
      console.log(rows.at(-1)!.join('  '), JSON.stringify(took));
    }
  }
  console.log(`\n${table([['seconds', 'reslirp', 'kernel', 'ratio', 'goal', 'libslirp'], ...rows])}\n`);
  writeFileSync(JSON_FILE, `${JSON.stringify({ seeds: SEEDS, results }, null, 2)}\n`);
  console.log(`as JSON: ${JSON_FILE}`);
});

function text(seconds: number): string {
  if (Number.isNaN(seconds)) return '';
  return seconds >= BOUND ? `> ${BOUND}` : seconds.toFixed(2);
}

function times(ratio: number): string {
  return Number.isNaN(ratio) ? '' : `${ratio.toFixed(1)}x`;
}
