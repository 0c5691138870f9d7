import { expect, test } from 'vitest';
import { onPair } from '../test/benches.ts';
import { pcap } from './pcap.ts';

test('both directions, with nanoseconds, lent bytes and the snap length', () => {
  const file: Uint8Array[] = [];
  const t = onPair((link) =>
    pcap(link, { write: (b) => file.push(b.slice()), now: () => 1_700_000_000_000_000_123n, snapLength: 64 }),
  );
  t.send(new Uint8Array(60).fill(1));
  t.link.slab.fill(2, t.link.reserve(100), 30);
  t.link.commit(30, new Uint8Array(70).fill(3), 0, 70);
  const records = file.slice(1).map((b) => [new DataView(b.buffer), b] as const);
  expect(file[0]!.length).toBe(24);
  expect(records.map(([v]) => [0, 4, 8, 12].map((at) => v.getUint32(at, true)))).toEqual([
    [1_700_000_000, 123, 60, 60],
    [1_700_000_000, 123, 64, 100],
  ]);
  expect([...records[1]![1].subarray(16 + 28, 16 + 32)]).toEqual([2, 2, 3, 3]);
});
