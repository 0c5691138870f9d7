import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BIG_2, Deframer, writeLength } from '@reslirp/link';
import { type LinkUnderTest, linkContract } from '@reslirp/link/contract';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { streamLink } from '../src/stream.ts';

const program = fileURLToPath(new URL('./child.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'reslirp-stdio-'));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Running {
  readonly child: ChildProcess;
  readonly frames: Uint8Array[];
  /** Exit code and last words. */
  readonly ended: Promise<[number | null, string]>;
  frame(n: number): Promise<Uint8Array>;
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [program, ...args]);
  children.push(child);
  const frames: Uint8Array[] = [];
  const deframer = new Deframer(BIG_2, 65_535, (b, at, end) => frames.push(Uint8Array.from(b.subarray(at, end))));
  let words = '';
  let arrived = (): void => {};
  child.stderr.on('data', (text) => (words += text));
  child.stdin.on('error', () => {});
  child.stdout.on('data', (b) => {
    deframer.push(b, 0, b.length);
    arrived();
  });
  const ended = new Promise<[number | null, string]>((resolve) => child.on('close', (code) => resolve([code, words])));
  const frame = async (n: number): Promise<Uint8Array> => {
    while (frames.length <= n) await new Promise<void>((resolve) => (arrived = resolve));
    return frames[n]!;
  };
  return { child, frames, ended, frame };
}

function bytes(...frames: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(frames.reduce((sum, frame) => sum + 2 + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    writeLength(BIG_2, all, at, frame.length);
    all.set(frame, at + 2);
    at += 2 + frame.length;
  }
  return all;
}

const numbered = (size: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => (i + seed) & 255);

describe('on real pipes', () => {
  test('frames of odd length come back padded to an even one', async () => {
    const { child, frame } = start();
    child.stdin!.write(bytes(numbered(61, 7)));
    expect(await frame(0)).toEqual(Uint8Array.from([...numbered(61, 7), 0]));
  });

  test('a frame that trickles in byte by byte is a frame', async () => {
    const { child, frame } = start();
    for (const byte of bytes(numbered(60, 1), numbered(62, 2))) child.stdin!.write(Uint8Array.of(byte));
    await frame(1);
    expect(await frame(0)).toEqual(numbered(60, 1));
    expect(await frame(1)).toEqual(numbered(62, 2));
  });

  test('EOF: an orderly end, after everything that was sent', async () => {
    const { child, frames, ended } = start();
    child.stdin!.end(bytes(numbered(60, 1)));
    expect(await ended).toEqual([0, 'end: orderly; 0 left\n']);
    expect(frames).toHaveLength(1);
  });

  test('EOF within a frame is said', async () => {
    const { child, ended } = start();
    child.stdin!.end(bytes(numbered(60, 1)).subarray(0, 30));
    expect((await ended)[1]).toBe('end: cable cut off: it ended 30 bytes into a frame; 0 left\n');
  });

  test('frames of a length that makes no sense are no end: nothing, and less than a header', async () => {
    const { child, frame, ended } = start();
    child.stdin!.end(bytes(...[0, 5, 0, 60].map((size) => numbered(size, 1))));
    expect((await frame(1)).subarray(0, 60)).toEqual(numbered(60, 1));
    expect(await ended).toEqual([0, 'end: orderly; 0 left\n']);
  });

  test('out of step: said, and the end', async () => {
    const { child, ended } = start();
    child.stdin!.write(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'));
    const [code, words] = await ended;
    expect([code, words]).toEqual([
      0,
      'end: cable out of step: a length of 18245 at byte 0, where no frame is longer than 9234; 0 left\n',
    ]);
  });

  test('nobody reads any more: said, and the end', async () => {
    const { child, ended, frame } = start('100000');
    await frame(0);
    child.stdout!.destroy();
    expect((await ended)[1]).toMatch(/^end: cable broken: the other end is gone; \d+ left\n$/);
  });

  test('a reader that stalls stops the sender within two slabs; nothing is lost when it goes on', async () => {
    const running = start('2000');
    await running.frame(0);
    running.child.stdout!.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = running.frames.length;
    expect(before).toBeLessThan(1_000); // of 2,000: the rest waits in the child
    running.child.stdout!.resume();
    await running.frame(1_999);
    expect(running.frames.map((f) => new DataView(f.buffer).getUint32(14))).toEqual([...Array(2_000).keys()]);
  });

  test('both directions full: the child still reads', async () => {
    const { child, frame, frames } = start('2000');
    await frame(0);
    child.stdout!.pause();
    const flood = bytes(...Array.from({ length: 2_000 }, (_, i) => numbered(1514, i)));
    await new Promise<void>((resolve, reject) => child.stdin!.write(flood, (e) => (e ? reject(e) : resolve())));
    child.stdout!.resume();
    await frame(1_999);
    expect(frames.length).toBeGreaterThanOrEqual(2_000);
  });

  test('waiting costs nothing', async () => {
    const { child, frame } = start('1');
    await frame(0);
    if (process.platform !== 'linux') return;
    const ticks = (): number => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ');
      return Number(fields[13]) + Number(fields[14]);
    };
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = ticks();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(ticks() - before).toBeLessThanOrEqual(5); // of 50
  });
});

describe('on files', () => {
  test('a recorded cable is played, and the answers are written to a file', () => {
    const input = join(directory, 'in');
    const output = join(directory, 'out');
    writeFileSync(input, bytes(numbered(60, 1), numbered(100, 2)));
    const fds = [openSync(input, 'r'), openSync(output, 'w')];
    const { stderr, status } = spawnSync(process.execPath, [program], {
      stdio: [fds[0], fds[1], 'pipe'],
      timeout: 10_000,
    });
    for (const fd of fds) closeSync(fd!);
    expect([status, String(stderr)]).toEqual([0, 'end: orderly; 0 left\n']);
    expect(new Uint8Array(readFileSync(output))).toEqual(bytes(numbered(60, 1), numbered(100, 2)));
  });
});

describe('on a terminal', () => {
  test.runIf(process.platform === 'linux')('there is no link, in one line', () => {
    // script(1) of util-linux gives it one
    const { stdout } = spawnSync('script', ['-qec', `${process.execPath} ${program}`, '/dev/null'], {
      timeout: 10_000,
    });
    expect(String(stdout)).toContain('Error: stdin is a terminal: the cable of a guest belongs there\r\n');
  });
});

describe('streamLink over streams of this process', () => {
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

  function onPassThrough(): LinkUnderTest {
    const [there, back] = [new PassThrough(), new PassThrough()];
    const arrived: Uint8Array[] = [];
    const deframer = new Deframer(BIG_2, 65_535, (b, at, end) => arrived.push(Uint8Array.from(b.subarray(at, end))));
    there.on('data', (b) => deframer.push(b, 0, b.length));
    return {
      link: streamLink(back, there),
      arrived,
      send: (frame) => {
        if (back.writable) back.write(bytes(frame));
      },
      hangUp: () => back.end(),
      settle,
    };
  }

  for (const { name, run } of linkContract(onPassThrough)) test(name, run);

  test('what a stream hands on by reference is not overwritten while it waits for its reader', async () => {
    const there = new PassThrough({ highWaterMark: 1 << 20 });
    const writing = streamLink(new PassThrough(), there);
    for (let i = 1; i <= 4; i++) {
      const at = writing.reserve(60);
      writing.slab.fill(i, at, at + 60);
      writing.commit(60);
      writing.flush();
      await settle();
    }
    const got: number[] = [];
    streamLink(there, new PassThrough()).onFrame((b, at) => got.push(b[at]!));
    await settle();
    expect(got).toEqual([1, 2, 3, 4]);
  });

  test('a reader that never comes stops the writer', async () => {
    const link = streamLink(new PassThrough(), new PassThrough());
    let sent = 0;
    const push = (): void => {
      for (; sent < 10_000 && link.reserve(1514) >= 0; sent++) link.commit(1514);
      link.flush();
    };
    link.onRoom(push);
    push();
    await settle();
    expect(sent).toBeLessThan(1_000);
  });

  test('a stream that breaks ends the link once, in one line', async () => {
    const [there, back] = [new PassThrough(), new PassThrough()];
    const ends: (string | undefined)[] = [];
    streamLink(back, there).onEnd((error) => ends.push(error?.message));
    there.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    back.destroy();
    await settle();
    expect(ends).toEqual(['cable broken: the other end is gone']);
  });
});

describe('streamLink over a socket', () => {
  async function onSocket(): Promise<LinkUnderTest> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const near = connectTo(port, '127.0.0.1');
    const far = await new Promise<Socket>((resolve) => server.once('connection', resolve));
    server.close();
    const arrived: Uint8Array[] = [];
    const deframer = new Deframer(BIG_2, 65_535, (b, at, end) => arrived.push(Uint8Array.from(b.subarray(at, end))));
    far.on('data', (b) => deframer.push(b, 0, b.length));
    far.on('error', () => {});
    return {
      link: streamLink(near, near),
      arrived,
      send: (frame) => far.write(bytes(frame)),
      hangUp: () => far.end(),
      settle: () => new Promise((resolve) => setTimeout(resolve, 50)),
    };
  }

  for (const { name, run } of linkContract(onSocket)) test(name, run);

  test('two streams that are one', async () => {
    const wire = new PassThrough();
    const link = streamLink(wire, wire);
    const echoed = new Promise<number>((resolve) => link.onFrame((_b, at, end) => resolve(end - at)));
    link.reserve(100);
    link.commit(100);
    link.flush();
    expect(await echoed).toBe(100);
  });
});
