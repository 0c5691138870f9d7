import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { flagsOf, openDescriptors } from '../test/descriptors.ts';
import { Open, SocketType } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { getUnixAddress, LONGEST_PATH, putUnixAddress, UNIX_ADDRESS_SIZE, unixListener } from './unix.ts';

const directory = mkdtempSync(join(tmpdir(), 'reslirp-unix-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('a listener is found by its path, and is closed on exec', async () => {
  const path = join(directory, 'a');
  const fd = unixListener(path, SocketType.STREAM, 1);
  expect(flagsOf(fd) & Open.CLOEXEC).not.toBe(0);
  const client = connect(path);
  await new Promise((resolve) => client.once('connect', resolve));
  client.destroy();
  libc.close(fd);
});

test('the longest path there can be is whole; one byte more is an error, and leaves nothing open', () => {
  const longest = join(directory, 'b'.repeat(LONGEST_PATH - directory.length - 1));
  expect(longest).toHaveLength(LONGEST_PATH);
  const fd = unixListener(longest, SocketType.SEQPACKET, 1);
  expect(fd).toBeGreaterThan(0);
  expect(existsSync(longest)).toBe(true);
  libc.close(fd);
  const before = openDescriptors();
  expect(unixListener(`${longest}b`, SocketType.STREAM, 1)).toBe(-Errno.ENAMETOOLONG);
  expect(unixListener(longest, SocketType.STREAM, 1)).toBe(-Errno.EADDRINUSE);
  expect(unixListener(join(directory, 'no', 'where'), SocketType.STREAM, 1)).toBe(-Errno.ENOENT);
  expect(openDescriptors()).toBe(before);
});

test('a whole address: what is written is read, and no more than there is', () => {
  const b = new Uint8Array(3 + UNIX_ADDRESS_SIZE + 3).fill(0xee);
  for (const path of ['/a/ä', `/${'b'.repeat(LONGEST_PATH - 1)}`]) {
    putUnixAddress(b, 3, path);
    expect(getUnixAddress(b, 3)).toBe(path);
  }
  expect([b.slice(0, 3), b.slice(-3)]).toEqual([new Uint8Array(3).fill(0xee), new Uint8Array(3).fill(0xee)]);
  b.fill(0x61, 5, 3 + UNIX_ADDRESS_SIZE); // without a 0 behind it
  expect(getUnixAddress(b, 3)).toBe('a'.repeat(108));
  putUnixAddress(b, 3, '');
  expect(getUnixAddress(b, 3)).toBeNull();
  b[3] = 2;
  expect(getUnixAddress(b, 3)).toBeNull();
});
