import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { flagsOf, openDescriptors } from '../test/descriptors.ts';
import { Open, SocketType } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { LONGEST_PATH, unixListener } from './unix.ts';

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
