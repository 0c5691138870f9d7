import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Link, pair } from '@reslirp/link';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Level, Log } from './log.ts';
import { openRecording, Recording } from './recording.ts';

const SECTION = 0x0a0d0d0a;
const FRAME = 1_400;

let directory: string;
let said: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'reslirp-recording-'));
  said = '';
});
afterEach(() => rmSync(directory, { recursive: true }));

const log = new Log(Level.WARN, { writableLength: 0, write: (text) => (said += text) });

/** A cable that is captured, and the guest's end of it. */
function begin(path: string, size: number | null = null, files: number = 2): { recording: Recording; guest: Link } {
  const recording = new Recording(openRecording(path, size, files), log);
  const [near, guest] = pair({ mtu: 1_500 });
  recording.record(near, 'guest').onFrame(() => {});
  return { recording, guest };
}

function send(guest: Link, frames: number): void {
  for (let i = 0; i < frames; i++) {
    guest.reserve(FRAME);
    guest.commit(FRAME);
    guest.flush();
  }
}

/** Types of the blocks; throws when there are others than whole ones. */
function blocks(file: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) found.push(file.readUInt32LE(at));
  return found;
}

test('the newest frames are in the file, older ones in those with numbers, and there are no more than were asked for', () => {
  const path = join(directory, 'a.pcapng');
  const { recording, guest } = begin(path, 1 << 16, 3);
  for (let i = 0; i < 40; i++) {
    send(guest, 10);
    recording.flush();
  }
  recording.close();
  expect(readdirSync(directory).sort()).toEqual(['a.pcapng', 'a.pcapng.1', 'a.pcapng.2']);
  for (const name of readdirSync(directory)) {
    const [section, description, ...packets] = blocks(readFileSync(join(directory, name)));
    expect([section, description, packets.length < 70]).toEqual([SECTION, 1, true]);
  }
  expect(said).toBe('');
});

test('a file that cannot be followed by another one ends the capture, with one warning', () => {
  const path = join(directory, 'a.pcapng');
  const { recording, guest } = begin(path, 1 << 16);
  rmSync(directory, { recursive: true });
  for (let i = 0; i < 3; i++) {
    send(guest, 100);
    recording.flush();
  }
  recording.close();
  expect(said).toBe(`reslirp: warn: ${path}: the capture is over: it cannot be written: ENOENT\n`);
  directory = mkdtempSync(join(tmpdir(), 'reslirp-recording-'));
});

describe.skipIf(process.platform !== 'linux')('what is no file', () => {
  test('a full disk ends the capture, with one warning', () => {
    const { recording, guest } = begin('/dev/full');
    for (let i = 0; i < 3; i++) {
      send(guest, 100);
      recording.flush();
    }
    recording.close();
    expect(said).toBe('reslirp: warn: /dev/full: the capture is over: it cannot be written: ENOSPC\n');
  });

  test('a pipe that nobody reads is an error, one that is read slowly loses whole batches, and never blocks', () => {
    const path = join(directory, 'pipe');
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    expect(() => openRecording(path, null, 1)).toThrow(`'${path}' cannot be written: nobody reads this pipe`);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { recording, guest } = begin(path);
    const parts: Buffer[] = [];
    const b = Buffer.alloc(100_000);
    for (let i = 0; i < 30; i++) {
      send(guest, 30); // 43,000 bytes, of which half are read
      recording.flush();
      const n = readSync(reader, b, 0, 20_000, null);
      parts.push(Buffer.from(b.subarray(0, n)));
    }
    for (let i = 0; i < 100 && parts.at(-1)!.length > 0; i++) {
      recording.flush();
      parts.push(Buffer.from(b.subarray(0, emptied(reader, b))));
    }
    const kept = blocks(Buffer.concat(parts));
    expect(kept.slice(0, 2)).toEqual([SECTION, 1]);
    expect(kept.filter((type) => type === 6).length % 30).toBe(0);
    expect(kept.length).toBeLessThan(700);
    closeSync(reader);
    send(guest, 30);
    recording.flush();
    recording.close();
    expect(said).toBe(`reslirp: warn: ${path}: the capture is over: nobody reads it any more\n`);
  });
});

function emptied(fd: number, b: Buffer): number {
  try {
    return readSync(fd, b);
  } catch {
    return 0; // nothing in it now
  }
}
