// --pcap, read by tshark: while the file grows, and after the end.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Guest, RESLIRP, run } from './guest.ts';
import { until } from './namespace.ts';
import { missing } from './tools.ts';

const why = missing('tshark', 'ping', 'curl');
const FIELDS = ['time_epoch', 'packet_flags_direction', 'interface_name', 'protocols', 'comment'];

/** A line for each frame. */
async function frames(file: string, filter: string): Promise<string[]> {
  const fields = FIELDS.flatMap((field) => ['-e', `frame.${field}`]);
  const { out } = await run(['tshark', '-r', file, '-Y', filter, '-T', 'fields', ...fields], 60_000);
  return out.split('\n').filter((line) => line !== '');
}

describe.skipIf(why !== null)(`captures${why === null ? '' : `: skipped, ${why}`}`, () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'reslirp-captures-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test.each(['linux', 'node'])(
    '--host %s: times, directions, and why a frame is dropped',
    async (host) => {
      const file = join(directory, `${host}.pcapng`);
      const guest = await Guest.start([...RESLIRP, '--no-ipv6', '--host', host, '--pcap', file]);
      try {
        await guest.dhcp();
        expect((await guest.run(['ping', '-c', '2', '-i', '0.2', '10.0.2.2'])).code).toBe(0);
        const pings = await frames(file, 'icmp.type in {0,8}'); // it is still open
        expect(pings).toHaveLength(4);
        expect(pings[0]).toMatch(/^\d+\.\d{9}\t(0x0*)?1\tguest\teth:ethertype:ip:icmp:data\t$/);
        expect(pings[1]).toMatch(/^\d+\.\d{9}\t(0x0*)?2\tguest\t/);
        const [asked, answered] = pings.map((line) => Number(line.split('\t')[0]));
        expect(Math.abs(asked! - Date.now() / 1_000)).toBeLessThan(120);
        expect(answered!).toBeGreaterThan(asked!);
        await guest.sh('ping -c 1 -W 1 -b 255.255.255.255');
      } finally {
        await guest.stop();
      }
      const all = await frames(file, 'eth');
      expect(all.length).toBeGreaterThan(8);
      expect(all.filter((line) => /\tdropped: [A-Z0-9_]+$/.test(line)).length).toBeGreaterThan(0);
    },
    120_000,
  );

  test('--pcap-size: each file can be read by itself', async () => {
    const file = join(directory, 'many.pcapng');
    const program = [...RESLIRP, '--no-ipv6', '--pcap', file, '--pcap-size', '64K', '--pcap-files', '3'];
    const guest = await Guest.start(program);
    try {
      await guest.dhcp();
      const numbered = (): string[] => readdirSync(directory).filter((name) => name.startsWith('many.'));
      await guest.run(['ping', '-q', '-f', '-c', '200', '-s', '1400', '10.0.2.2']);
      await until('three files', () => numbered().length === 3);
      for (const name of numbered()) {
        const lines = await frames(join(directory, name), 'eth');
        expect(lines.length).toBeLessThan(300);
        expect(lines.every((line) => line.split('\t')[2] === 'guest')).toBe(true);
      }
    } finally {
      await guest.stop();
    }
  }, 120_000);
});
