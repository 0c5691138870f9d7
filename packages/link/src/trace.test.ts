import { expect, test } from 'vitest';
import { onPair, send } from '../test/benches.ts';
import { trace } from './trace.ts';

test('one line per frame, in both directions', () => {
  const lines: string[] = [];
  const t = onPair((link) => trace(link, (line) => lines.push(line)));
  const frame = Uint8Array.from([...Array(6).fill(0xff), 0x52, 0x55, 10, 0, 2, 2, 0x08, 0x06, ...Array(46).fill(0)]);
  t.send(frame);
  send(t.link, frame);
  t.send(new Uint8Array(5));
  expect(lines).toEqual([
    '< 52:55:0a:00:02:02 > ff:ff:ff:ff:ff:ff ARP 60',
    '> 52:55:0a:00:02:02 > ff:ff:ff:ff:ff:ff ARP 60',
    '< short 5',
  ]);
});
