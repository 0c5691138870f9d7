import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pair } from '../pair.ts';
import { Capture } from './capture.ts';

const NOW = 1_700_000_000_000_000_123n;

function captured(use: (capture: Capture) => void): Uint8Array {
  const parts: Uint8Array[] = [];
  const write = (b: Uint8Array): boolean => parts.push(b.slice()) > 0;
  const capture = new Capture({ write, now: () => NOW, application: 'test' });
  use(capture);
  capture.close();
  return Buffer.concat(parts);
}

/** Types of the blocks; throws when one does not end where it says. */
function types(file: Uint8Array): number[] {
  const v = new DataView(file.buffer, file.byteOffset, file.length);
  const found: number[] = [];
  for (let at = 0; at < file.length; ) {
    const size = v.getUint32(at + 4, true);
    if (size % 4 !== 0 || v.getUint32(at + size - 4, true) !== size) throw new Error(`no block at ${at}`);
    found.push(v.getUint32(at, true));
    at += size;
  }
  return found;
}

/** A frame each way: what comes is answered at once, and dropped for that reason. */
function exchange(capture: Capture, reason: string, payload: number = 46): void {
  const [near, guest] = pair({ mtu: 9_000 });
  const link = capture.record(near, 'guest');
  link.onFrame((b, at, end) => {
    b.fill(0xdb, at, end); // it was copied before
    const to = link.reserve(60);
    link.slab.fill(2, to, to + 20);
    link.commit(20, new Uint8Array(50).fill(3), 5, 45);
    capture.dropped(reason);
  });
  const at = guest.reserve(14 + payload);
  guest.slab.fill(1, at, at + 14 + payload);
  guest.commit(14 + payload);
  guest.flush();
  link.flush();
  link.close();
}

test('whole blocks, whatever the frame and the reason', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(8_000), fc.nat(4), (reason, payload, times) => {
      const file = captured((capture) => {
        for (let i = 0; i < times; i++) exchange(capture, reason, payload);
      });
      expect(types(file)).toEqual([0x0a0d0d0a, ...Array.from({ length: times }, () => [1, 6, 6, 5]).flat()]);
    }),
    { numRuns: 30 },
  );
}, 60_000);

test('what a file does not take is counted, and nothing is kept', () => {
  let size = 0;
  const write = (b: Uint8Array): boolean => {
    size += b.length;
    return false;
  };
  const capture = new Capture({ write, now: () => NOW, application: 'test' });
  for (let i = 0; i < 200; i++) exchange(capture, 'X', 8_000);
  capture.close();
  exchange(capture, 'X');
  expect(size).toBeGreaterThan(200 * 8_000);
}, 60_000);

test('a loss is in the statistics, and what describes the cables comes again until it is taken', () => {
  const parts: Uint8Array[] = [];
  const taken = [false, true, false, true, true];
  const write = (b: Uint8Array): boolean => taken.shift() === true && parts.push(b.slice()) > 0;
  const capture = new Capture({ write, now: () => NOW, application: 'test' });
  const [near, guest] = pair({ mtu: 1_500 });
  const link = capture.record(near, 'guest');
  link.onFrame(() => {});
  for (let i = 0; i < 2; i++) {
    guest.reserve(60);
    guest.commit(60);
    guest.flush();
    if (i === 0) capture.flush(); // lost, with all that describes it
    if (i === 0) capture.flush(); // the description alone
  }
  link.close(); // the second frame is lost as well
  capture.close();
  const file = Buffer.concat(parts);
  expect(types(file)).toEqual([0x0a0d0d0a, 1, 5]);
  expect(file.readBigUInt64LE(file.length - 16)).toBe(2n); // before the end of options, and the length: frames dropped
});

test('another file begins with a section of its own, and the cables that are there', () => {
  const files: Uint8Array[][] = [[]];
  const write = (b: Uint8Array): boolean => files.at(-1)!.push(b.slice()) > 0;
  const renew = (): boolean => files.push([]) > 0;
  const capture = new Capture({ write, renew, now: () => NOW, application: 'test' });
  const guests = ['a', 'b'].map((name) => {
    const [near, guest] = pair({ mtu: 1_500 });
    const link = capture.record(near, name);
    link.onFrame(() => {});
    return { link, guest };
  });
  capture.flush();
  guests[0]!.link.close();
  const { guest } = guests[1]!;
  guest.reserve(60);
  guest.commit(60);
  guest.flush();
  capture.flush();
  expect(files.map((parts) => types(Buffer.concat(parts)))).toEqual([
    [0x0a0d0d0a, 1, 1],
    [0x0a0d0d0a, 1, 1], // what was to be captured yet when the first cable was closed
    [0x0a0d0d0a, 1, 1, 5],
    [0x0a0d0d0a, 1, 6],
    [],
  ]);
});

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
if (!hasTshark && process.env['CI']) throw new Error('this test must run in CI, but tshark is not installed');

describe.skipIf(!hasTshark)('tshark', () => {
  test('reads times, directions, names and comments, the question before its answer', () => {
    const directory = mkdtempSync(join(tmpdir(), 'reslirp-capture-'));
    try {
      const file = join(directory, 'a.pcapng');
      writeFileSync(
        file,
        captured((capture) => exchange(capture, 'TCP_NO_FLOW für é')),
      );
      const fields = ['time_epoch', 'packet_flags_direction', 'interface_name', 'len', 'comment'];
      const args = ['-r', file, '-T', 'fields', ...fields.flatMap((field) => ['-e', `frame.${field}`])];
      const { stdout } = spawnSync('tshark', args, { encoding: 'utf8' });
      expect(stdout.split('\n')).toEqual([
        expect.stringMatching(/^1700000000\.000000123\t(0x0*)?1\tguest\t60\tdropped: TCP_NO_FLOW für é$/),
        expect.stringMatching(/^1700000000\.000000123\t(0x0*)?2\tguest\t60\t$/),
        '',
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }, 60_000);
});
