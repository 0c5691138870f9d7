import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkContract } from '@reslirp/link/contract';
import { Epoll, Fcntl, Loop, libc, Open } from '@reslirp/syscall';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDescriptors, pipe, read, withDescriptorsLeft, write } from '../../syscall/test/descriptors.ts';
import { bytes, duplicate, type Ends, LoopBench, numbered, pipes, put, sockets } from './loop-bench.ts';

const GONE = 'cable broken: the other end is gone';
const directory = mkdtempSync(join(tmpdir(), 'reslirp-loop-'));
afterAll(() => rmSync(directory, { recursive: true }));

let loop: Loop;
const benches: LoopBench[] = [];
beforeEach(() => {
  loop = new Loop();
});
afterEach(() => {
  for (const bench of benches.splice(0)) bench.release();
  loop.dispose();
});

function bench(ends: Ends): LoopBench {
  const made = new LoopBench(loop, ends);
  benches.push(made);
  return made;
}

/** A far side that, when it goes, does so as a process does: with both ends. */
class Exiting extends LoopBench {
  override hangUp(): void {
    this.exit();
  }
}

function exiting(ends: Ends): LoopBench {
  const made = new Exiting(loop, ends);
  benches.push(made);
  return made;
}

describe.each([
  ['pipes', () => bench(pipes())],
  ['pipes of a process that ends', () => exiting(pipes())],
  ['a socket', () => bench(sockets())],
  ['a socket of a process that ends', () => exiting(sockets())],
])('%s', (_, make) => {
  for (const { name, run } of linkContract(make)) test(name, run);
});

describe.each([
  ['pipes', pipes],
  ['a socket', sockets],
])('the end, on %s', (_, ends) => {
  test('EOF: orderly, after the last frame, told once', () => {
    const t = bench(ends());
    const seen: number[] = [];
    t.link.onFrame((_b, at, end) => seen.push(end - at, t.ends.length));
    t.send(numbered(60, 1));
    t.send(numbered(90, 2));
    t.exit();
    t.settle();
    expect([seen, t.ends]).toEqual([[60, 0, 90, 0], [null]]);
  });

  test('EOF within a frame: cut off, and where', () => {
    const t = bench(ends());
    t.say(bytes(numbered(60, 1)).subarray(0, 30));
    t.exit();
    t.settle();
    expect(t.ends).toEqual(['cable cut off: it ended 30 bytes into a frame']);
  });

  test('out of step: the end, while the far side still speaks', () => {
    const t = bench(ends());
    let frames = 0;
    t.link.onFrame(() => frames++);
    t.say(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'));
    t.settle();
    t.send(numbered(60, 1));
    t.settle();
    expect(t.ends).toEqual(['cable out of step: a length of 18245 at byte 0, where no frame is longer than 9234']);
    expect(frames).toBe(0);
  });

  test('a frame to nobody: told in the next turn, once, and nothing more is taken', () => {
    const t = bench(ends());
    t.exit();
    put(t.link, numbered(60, 1));
    t.link.flush();
    expect(t.ends).toEqual([]);
    t.settle();
    expect(t.ends).toHaveLength(1);
    put(t.link, numbered(60, 1));
    t.link.flush();
    t.settle();
    expect(t.ends).toHaveLength(1);
  });

  test('nobody reads any more, and the pipe is full: broken, though nothing can be written', () => {
    const t = bench(ends());
    while (put(t.link, numbered(1_514, 0)));
    t.turn(2);
    t.exit();
    t.settle();
    expect(t.ends).toEqual([GONE]);
    expect(t.link.reserve(60)).toBe(-1);
  });

  test('closed while the output is full, and then nobody reads: all descriptors go', () => {
    const before = openDescriptors();
    const t = bench(ends());
    while (put(t.link, numbered(1_514, 0)));
    t.link.close();
    t.turn(3);
    expect(openDescriptors()).toBe(before + 4); // what was flushed may still leave
    t.exit();
    t.turn(3);
    expect(openDescriptors()).toBe(before);
    expect(t.ends).toEqual([]);
  });

  test('closed while the output is full, and then read: what was flushed arrives, and all descriptors go', () => {
    const before = openDescriptors();
    const t = bench(ends());
    let sent = 0;
    while (put(t.link, numbered(1_514, sent))) sent++;
    t.link.close();
    t.settle();
    expect(t.arrived.map((frame) => frame[0])).toEqual(Array.from({ length: sent }, (_, i) => i & 255));
    t.exit();
    t.turn(3);
    expect(openDescriptors()).toBe(before);
  });

  test('EOF, and the far side still reads: what we say arrives', () => {
    const t = bench(ends());
    t.hangUp();
    t.settle();
    expect(t.ends).toEqual([null]);
    put(t.link, numbered(60, 3));
    t.link.flush();
    t.settle();
    expect(t.arrived).toEqual([numbered(60, 3)]);
  });
});

describe('nobody reads any more', () => {
  test('on a silent pipe: told though nothing is to be written', () => {
    const t = bench(pipes());
    t.stopReading();
    t.settle();
    expect(t.ends).toEqual([GONE]);
  });

  test('what was sent before is heard first, however much it is', () => {
    const t = bench(pipes());
    let frames = 0;
    t.link.onFrame(() => frames++);
    const many = bytes(...Array.from({ length: 600 }, (_, i) => numbered(1_514, i))); // three reads
    t.say(many);
    t.stopReading();
    t.settle();
    expect([frames, t.ends]).toEqual([600, [GONE]]);
  });
});

describe('an output that is full', () => {
  test('with room for less than a frame: frames arrive whole, in order, however little is read at a time', () => {
    const ends = pipes();
    const t = bench(ends);
    libc.fcntl(ends.output, Fcntl.SETPIPE_SZ, 4_096);
    let sent = 0;
    let rooms = 0;
    const push = (): void => {
      while (sent < 400 && put(t.link, numbered(1_514, sent))) sent++;
      t.link.flush();
    };
    t.link.onRoom(() => {
      rooms++;
      push();
    });
    push();
    const before = sent;
    t.turn(10);
    expect(sent).toBe(before); // two slabs, and no more
    expect(sent).toBeLessThan(200);
    for (let i = 0; i < 100_000 && t.arrived.length < 400; i++) {
      t.take(1 + (i % 3_001));
      t.turn();
    }
    expect(t.arrived).toEqual(Array.from({ length: 400 }, (_, i) => numbered(1_514, i)));
    expect(rooms).toBeGreaterThan(0);
  });

  test('does not keep the link from reading', () => {
    const t = bench(pipes());
    let frames = 0;
    t.link.onFrame(() => frames++);
    while (put(t.link, numbered(1_514, 0)));
    for (let i = 0; i < 20; i++) t.send(numbered(60, i));
    t.turn(2);
    expect(frames).toBe(20);
  });
});

describe('a turn is not woken', () => {
  const slept = (ms: number): boolean => {
    const began = performance.now();
    loop.turn(ms);
    return performance.now() - began >= ms;
  };

  test('by a link on which nothing happens', () => {
    bench(pipes()).settle();
    expect(slept(50)).toBe(true);
  });

  test('by an output that is full', () => {
    const t = bench(pipes());
    while (put(t.link, numbered(1_514, 0)));
    t.turn(5);
    expect(slept(50)).toBe(true);
  });

  test('by an input that has ended', () => {
    const t = bench(pipes());
    t.hangUp();
    t.settle();
    expect(slept(50)).toBe(true);
  });

  test('by a link that is closed, though others have its descriptors too', () => {
    const ends = pipes();
    const shared = duplicate(ends.input);
    const t = bench(ends);
    t.link.close();
    t.settle();
    t.send(numbered(60, 1));
    expect(slept(50)).toBe(true);
    libc.close(shared);
  });
});

describe('an input that is a file', () => {
  const play = (name: string, content: Uint8Array): [LoopBench, number[]] => {
    const path = join(directory, name);
    writeFileSync(path, content);
    const { input, farWrites, ...rest } = pipes();
    libc.close(input);
    libc.close(farWrites);
    const t = bench({ ...rest, input: libc.open(path, 0), farWrites: libc.open('/dev/null', Open.RDWR) });
    const sizes: number[] = [];
    t.link.onFrame((_b, at, end) => sizes.push(end - at));
    return [t, sizes];
  };

  test('is played to its end', () => {
    const [t, sizes] = play('short', bytes(numbered(60, 1), numbered(100, 2)));
    expect(sizes).toEqual([]); // not from within the constructor
    t.settle();
    expect([sizes, t.ends]).toEqual([[60, 100], [null]]);
  });

  test('is cut off where it ends within a frame', () => {
    const [t, sizes] = play('cut', bytes(numbered(60, 1), numbered(100, 2)).subarray(0, 100));
    t.settle();
    expect([sizes, t.ends]).toEqual([[60], ['cable cut off: it ended 38 bytes into a frame']]);
  });

  test('a long one does not keep others from their turn', () => {
    const frames = 2_000;
    const [t, sizes] = play('long', bytes(...Array.from({ length: frames }, (_, i) => numbered(1_000, i))));
    const fd = libc.eventfd(1, 0);
    const seen: number[] = [];
    loop.add(fd, Epoll.IN, { ready: () => seen.push(sizes.length) });
    while (t.ends.length === 0) loop.turn(0);
    expect(sizes).toHaveLength(frames);
    expect(new Set(seen).size).toBeGreaterThan(5);
    loop.close(fd);
  });

  test('is read no more once the link is closed, whoever has its number then', () => {
    const [t] = play('closed', bytes(numbered(60, 1)));
    t.link.close();
    const made = Array.from({ length: 4 }, () => pipe());
    for (const [, to] of made) write(to, Uint8Array.of(1));
    t.turn(3);
    expect(made.map(([from]) => read(from))).toEqual(made.map(() => Uint8Array.of(1)));
    for (const fd of made.flat()) libc.close(fd);
  });

  test('of nothing, and an output to nowhere: an orderly end', () => {
    const nothing = (): number => libc.open('/dev/null', Open.RDWR);
    const t = bench({ input: nothing(), output: nothing(), farReads: nothing(), farWrites: nothing() });
    put(t.link, numbered(60, 1));
    t.link.flush();
    t.settle();
    expect(t.ends).toEqual([null]);
  });

  test('that is no descriptor is a broken cable', () => {
    const { input, ...rest } = pipes();
    libc.close(input);
    const t = bench({ ...rest, input: 54_321 });
    t.settle();
    expect(t.ends).toEqual(['cable broken: EBADF']);
  });

  test('an output that is one gets every frame', () => {
    const path = join(directory, 'out');
    writeFileSync(path, '');
    const { output, farReads, ...rest } = pipes();
    libc.close(output);
    libc.close(farReads);
    const t = bench({ ...rest, output: libc.open(path, Open.RDWR), farReads: libc.open('/dev/null', Open.RDWR) });
    for (let i = 0; i < 300; i++) {
      expect(put(t.link, numbered(1_514, i))).toBe(true);
      if (i % 10 === 0) t.link.flush();
    }
    t.link.close();
    expect(new Uint8Array(readFileSync(path))).toEqual(
      bytes(...Array.from({ length: 300 }, (_, i) => numbered(1_514, i))),
    );
  });
});

describe('standard descriptors', () => {
  /** Runs `body` with a link on stdin and stdout. */
  function onStdio<T>(body: (t: LoopBench) => T): [LoopBench, T] {
    const saved = [0, 1].map(duplicate);
    const ends = pipes();
    libc.dup2(ends.input, 0);
    libc.dup2(ends.output, 1);
    libc.close(ends.input);
    libc.close(ends.output);
    const t = bench({ ...ends, input: 0, output: 1 });
    put(t.link, numbered(60, 1));
    const result = body(t);
    for (const [fd, old] of saved.entries()) {
      libc.dup2(old, fd);
      libc.close(old);
    }
    return [t, result];
  }

  test('are closed toward the far side, and stay taken', () => {
    const [t, left] = onStdio(({ link }) => {
      link.close();
      return [0, 1].map((fd) => readlinkSync(`/proc/self/fd/${fd}`));
    });
    expect(left).toEqual(['/dev/null', '/dev/null']);
    t.settle();
    expect(t.arrived).toEqual([numbered(60, 1)]);
    expect(t.hears()).toBe(false);
  });

  test('are closed toward the far side also when no descriptor is left to take their place', () => {
    const [t] = onStdio(({ link }) => withDescriptorsLeft(0, () => link.close()));
    t.settle();
    expect(t.arrived).toEqual([numbered(60, 1)]);
    expect(t.hears()).toBe(false);
  });

  test('others are closed', () => {
    const before = openDescriptors();
    const t = bench(pipes());
    t.link.close();
    t.exit();
    expect(openDescriptors()).toBe(before);
  });
});

test('a frame whose handler closes the link is the last', () => {
  const t = bench(pipes());
  let frames = 0;
  t.link.onFrame(() => {
    frames++;
    t.link.close();
  });
  const [from, to] = pipe(); // whose numbers are those that the link gave back
  t.say(bytes(numbered(60, 1), numbered(60, 2)));
  t.settle();
  expect(frames).toBe(1);
  libc.close(from);
  libc.close(to);
});
