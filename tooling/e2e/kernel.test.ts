// TCP against the Linux kernel, on cables of every kind and with options switched off and on: what it sends and gets, hashed at
// both ends. A set in which every pair of values occurs; `npm run test:kernel` has all combinations.
//
//   KERNEL_ROWS=all   every combination
//   KERNEL_MB=1024    MiB each way, instead of a little
//   -t 'SACK off'     of vitest: the rows whose name has it
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Guest, RESLIRP, run } from './guest.ts';
import { covering, product, type Row } from './pairs.ts';
import { block, hashOf, http, type Server } from './servers.ts';
import { missing } from './tools.ts';

const why = missing('curl', 'sysctl');
const BAD_CABLE = [process.execPath, fileURLToPath(new URL('./bad-cable.js', import.meta.url))];

/** Options of link's impair(), each direction. */
const CABLES: Readonly<Record<string, object>> = {
  'clean cable': {},
  '2 % loss': { loss: 0.02 },
  '5 % reordering': { delay: 2, reorder: 0.05 },
  '5 % duplicates': { duplicate: 0.05 },
  'delay and jitter': { delay: 5, jitter: 5 },
  '1 % corruption': { corrupt: 0.01 },
};

/** What the guest's kernel is told before it opens a connection: shell. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  scaling: {
    'scaling on': 'sysctl -w net.ipv4.tcp_window_scaling=1',
    'scaling off': 'sysctl -w net.ipv4.tcp_window_scaling=0',
  },
  sack: { 'SACK on': 'sysctl -w net.ipv4.tcp_sack=1', 'SACK off': 'sysctl -w net.ipv4.tcp_sack=0' },
  timestamps: {
    'timestamps on': 'sysctl -w net.ipv4.tcp_timestamps=1',
    'timestamps off': 'sysctl -w net.ipv4.tcp_timestamps=0',
  },
  ecn: { 'ECN off': 'sysctl -w net.ipv4.tcp_ecn=0', 'ECN on': 'sysctl -w net.ipv4.tcp_ecn=1' },
  mss: {
    'MSS of the cable': 'true',
    'MSS 88': 'ip route add 10.0.2.2 dev tap0 advmss 88 && ip route add fd00::2 dev tap0 advmss 88',
  },
  buffers: {
    'large buffers': 'true',
    'tiny buffers': "sysctl -w net.ipv4.tcp_rmem='4096 4096 8192' net.ipv4.tcp_wmem='4096 4096 8192'",
  },
};

/** Where this machine is for the guest, and for itself. */
const FAMILIES: Readonly<Record<string, { readonly guest: string; readonly host: '127.0.0.1' | '::1' }>> = {
  IPv4: { guest: '10.0.2.2', host: '127.0.0.1' },
  IPv6: { guest: '[fd00::2]', host: '::1' },
};

const ADDRESSES =
  'ip addr add 10.0.2.15/24 dev tap0 && sysctl -w net.ipv6.conf.tap0.accept_ra=0 && ip addr add fd00::15/64 dev tap0 nodad';
const ALL = product({
  cable: Object.keys(CABLES),
  ...Object.fromEntries(Object.entries(SETTINGS).map(([name, values]) => [name, Object.keys(values)])),
  family: Object.keys(FAMILIES),
});
const ROWS = process.env['KERNEL_ROWS'] === 'all' ? ALL : covering(ALL);
const MIB = Number(process.env['KERNEL_MB'] ?? 0);
/** Blocks of 64 KiB. */
const FILE = 4;
/** Milliseconds, for one direction; a guest lives for ten minutes. */
const PATIENCE = MIB === 0 ? 60_000 : 580_000;

/** Blocks of a row: some take a round trip for a few kilobytes. */
function blocksOf(row: Row): number {
  if (MIB > 0) return MIB * 16;
  const slow = [row['buffers'] === 'tiny buffers', row['mss'] === 'MSS 88'].filter(Boolean).length;
  return [64, 16, FILE][slow]!;
}

describe.skipIf(why !== null)(`the kernel as peer${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-kernel-'));
  const file = join(directory, 'blocks');
  const servers: Record<string, Server> = {};

  beforeAll(async () => {
    writeFileSync(file, Buffer.concat(Array.from({ length: FILE }, (_, i) => block(i))));
    for (const [name, { host }] of Object.entries(FAMILIES)) servers[name] = await http(host);
  });
  afterAll(() => {
    for (const server of Object.values(servers)) server.close();
    rmSync(directory, { recursive: true });
  });

  test.each(ROWS.map((row) => [Object.values(row).join(', '), row] as const))(
    '%s',
    async (_, row) => {
      const guest = await Guest.start([...BAD_CABLE, JSON.stringify(CABLES[row['cable']!]), ...RESLIRP]);
      try {
        const settings = Object.entries(SETTINGS).map(([name, values]) => values[row[name]!]);
        const told = await guest.sh([ADDRESSES, ...settings].join(' && '));
        expect(told.code, told.err).toBe(0);
        await both(guest, row);
      } finally {
        await guest.stop();
      }
    },
    2 * PATIENCE + 20_000,
  );

  async function both(guest: Guest, row: Row): Promise<void> {
    const family = row['family']!;
    const blocks = blocksOf(row);
    const url = `http://${FAMILIES[family]!.guest}:${servers[family]!.port}`;
    const source = `for i in $(seq ${blocks / FILE}); do cat ${file}; done`;
    const local = run(['sh', '-c', `(${source}) | sha256sum`], PATIENCE);
    const down = await guest.sh(`curl -gsS ${url}/blocks/${blocks} | sha256sum`, PATIENCE);
    expect(down.out.slice(0, 64), down.err).toBe(hashOf(blocks));
    const up = await guest.sh(`(${source}) | curl -gsS -T - ${url}/`, PATIENCE);
    expect(up.out.slice(0, 64), up.err).toBe((await local).out.slice(0, 64));
  }
});
