import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDescriptors, pipe, withDescriptorsLeft, write } from '../test/descriptors.ts';
import { Epoll, EventFd } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { Loop } from './loop.ts';

let loop: Loop;
beforeEach(() => {
  loop = new Loop();
});
afterEach(() => loop.dispose());

/** An eventfd(2) that is ready, or not yet. */
function eventfd(ready: boolean): number {
  return libc.eventfd(ready ? 1 : 0, EventFd.NONBLOCK | EventFd.CLOEXEC);
}

/** Adds 1 to `fd` after `ms` milliseconds, from a thread of its own. */
function wakeAfter(fd: number, ms: number): Worker {
  const code = `
    const { workerData: { fd, ms } } = require('node:worker_threads');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    require('node:fs').writeSync(fd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));`;
  return new Worker(code, { eval: true, workerData: { fd, ms } });
}

describe('a turn', () => {
  test('tells what is ready, then what was put off, then its end; all at one instant', () => {
    let time = 5;
    const own = new Loop(() => time++);
    const said: [string, number][] = [];
    const fd = eventfd(true);
    own.defer((now) => said.push(['deferred', now]));
    own.onTurnEnd((now) => {
      said.push(['end', now]);
      return Infinity;
    });
    own.add(fd, Epoll.IN, { ready: (_events, now) => said.push(['ready', now]) });
    own.turn();
    expect(said.map(([what]) => what)).toEqual(['ready', 'deferred', 'end']);
    expect(new Set(said.map(([, now]) => now))).toEqual(new Set([own.now()]));
    own.close(fd);
    own.dispose();
  });

  test('what a deferred call puts off comes in the next turn, which does not wait', () => {
    const said: string[] = [];
    loop.defer(() => {
      said.push('first');
      loop.defer(() => said.push('second'));
    });
    loop.turn();
    expect(said).toEqual(['first']);
    loop.turn();
    expect(said).toEqual(['first', 'second']);
  });

  test('waits no longer than it is told, and not at all for 0', () => {
    const began = performance.now();
    loop.turn(0);
    expect(performance.now() - began).toBeLessThan(20);
    loop.turn(30);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
  });

  test('comes when the first of its ends has asked for it', () => {
    const asked = performance.now() + 40;
    loop.onTurnEnd(() => Infinity);
    loop.onTurnEnd((now) => (now < asked ? asked : Infinity));
    loop.onTurnEnd(() => performance.now() + 10_000);
    loop.turn(); // nobody has been asked yet
    expect(performance.now()).toBeLessThan(asked);
    loop.turn();
    expect(loop.now()).toBeGreaterThanOrEqual(asked);
    expect(loop.now()).toBeLessThan(asked + 1_000);
  });

  test('a listener of its end that went is not asked again, also from within', () => {
    let asked = 0;
    const ignore = loop.onTurnEnd(() => {
      asked++;
      ignore();
      return 0;
    });
    loop.turn();
    loop.turn(0);
    expect(asked).toBe(1);
  });

  test('a listener that comes at its end is asked in it, also one that went and came again', () => {
    const said: string[] = [];
    const again = (): number => {
      said.push('again');
      return Infinity;
    };
    const ignore = loop.onTurnEnd(again);
    let moved = false;
    loop.onTurnEnd(() => {
      said.push('mover');
      if (!moved) {
        moved = true;
        ignore();
        loop.onTurnEnd(again);
      }
      return Infinity;
    });
    loop.turn();
    expect(said).toEqual(['again', 'mover', 'again']);
    loop.turn(0);
    expect(said.slice(3)).toEqual(['mover', 'again']);
  });

  test('what a handler throws comes out of it; whoever is still ready is told in the next', () => {
    const fds = [eventfd(true), eventfd(true)];
    const said: number[] = [];
    for (const fd of fds) {
      const ready = (): void => {
        loop.close(fd);
        said.push(fd);
        if (said.length === 1) throw new Error('a bug');
      };
      loop.add(fd, Epoll.IN, { ready });
    }
    expect(() => loop.turn()).toThrow('a bug');
    loop.turn();
    expect(said.toSorted()).toEqual(fds.toSorted());
  });
});

describe('a descriptor', () => {
  test('closed by another one in the same turn, its number in use again: the old event is told to nobody', () => {
    const fds = [eventfd(true), eventfd(true)];
    const told: string[] = [];
    for (const [i, fd] of fds.entries()) {
      const other = fds[1 - i]!;
      const ready = (): void => {
        told.push('old');
        loop.close(other);
        expect(eventfd(false)).toBe(other);
        loop.add(other, Epoll.IN, { ready: () => told.push('new') });
      };
      loop.add(fd, Epoll.IN, { ready });
    }
    loop.turn();
    expect(told).toEqual(['old']);
    for (const fd of fds) loop.close(fd);
  });

  test('removed by another one in the same turn is not told', () => {
    const fds = [eventfd(true), eventfd(true)];
    const told: number[] = [];
    for (const [i, fd] of fds.entries()) {
      const ready = (): void => {
        told.push(fd);
        loop.remove(fds[1 - i]!);
      };
      loop.add(fd, Epoll.IN, { ready });
    }
    loop.turn();
    expect(told).toHaveLength(1);
    for (const fd of fds) loop.close(fd);
  });

  test('whose number lived a thousand lives gets the events of its own life only', () => {
    const anchor = eventfd(true);
    let events = 0;
    let number = -1;
    for (let life = 0; life < 1_000; life++) {
      const fd = eventfd(life % 2 === 0);
      if (number >= 0) expect(fd).toBe(number);
      number = fd;
      loop.add(fd, Epoll.IN, { ready: () => events++ });
      loop.turn(0);
      loop.close(fd);
    }
    expect(events).toBe(500);
    libc.close(anchor);
  });

  test('is watched for other events after modify()', () => {
    const [from, to] = pipe();
    const told: number[] = [];
    loop.add(to, 0, { ready: (events) => told.push(events) });
    loop.turn(0);
    expect(told).toEqual([]);
    expect(loop.modify(to, Epoll.OUT)).toBe(0);
    loop.turn();
    expect(told).toEqual([Epoll.OUT]);
    loop.close(to);
    libc.close(from);
  });

  test('that is none, or that cannot be watched, is an error by its number', () => {
    const file = libc.open('/proc/self/exe', 0);
    expect(loop.add(file, Epoll.IN, { ready: () => {} })).toBe(-Errno.EPERM);
    loop.remove(file);
    libc.close(file);
    expect(loop.add(file, Epoll.IN, { ready: () => {} })).toBe(-Errno.EBADF);
    loop.remove(file);
    loop.remove(54_321);
  });
});

describe('an idle loop', () => {
  test('sleeps until another thread adds to its waker: not one turn more', async () => {
    let turns = 0;
    let woken = 0;
    loop.onTurnEnd(() => {
      turns++;
      return Infinity;
    });
    loop.onWake(() => {
      woken++;
      loop.stop();
    });
    loop.turn(0); // the listener has been asked
    turns = 0;
    const began = performance.now();
    const worker = wakeAfter(loop.waker, 300);
    loop.run();
    expect(performance.now() - began).toBeGreaterThanOrEqual(300);
    expect([turns, woken]).toEqual([1, 1]);
    await worker.terminate();
  });

  test('is woken once by many who came before it looked, and sleeps again', () => {
    let woken = 0;
    loop.onWake(() => woken++);
    for (let i = 0; i < 5; i++) write(loop.waker, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));
    loop.turn(0);
    loop.turn(0);
    expect(woken).toBe(1);
  });

  test('after many short sleeps still sleeps', () => {
    const fd = eventfd(true);
    loop.add(fd, Epoll.IN, { ready: () => {} });
    for (let i = 0; i < 1_000; i++) loop.turn();
    loop.close(fd);
    const { user, system } = process.cpuUsage();
    loop.turn(200);
    const used = process.cpuUsage();
    expect(used.user + used.system - user - system).toBeLessThan(100_000); // of 200,000 microseconds
  });
});

describe('the end', () => {
  test('stop() from a handler: the turn is finished, and run() returns', () => {
    const said: string[] = [];
    loop.defer(() => {
      loop.stop();
      said.push('stopped');
      loop.defer(() => said.push('never'));
    });
    loop.onTurnEnd(() => {
      said.push('end');
      return Infinity;
    });
    loop.run();
    expect(said).toEqual(['stopped', 'end']);
  });

  test('run() after stop() does nothing', () => {
    loop.stop();
    loop.onTurnEnd(() => expect.unreachable());
    loop.run();
  });

  test('nothing of it stays open', () => {
    const before = openDescriptors();
    for (let i = 0; i < 10; i++) new Loop().dispose();
    expect(openDescriptors()).toBe(before);
  });

  test.each([0, 1])('with %i descriptors left there is no loop, in one line, and none is kept', (spare) => {
    const before = openDescriptors();
    const message = withDescriptorsLeft(spare, () => {
      try {
        new Loop().dispose();
        return 'a loop';
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(message).toBe('no descriptor for an event loop: too many are open');
    expect(openDescriptors()).toBe(before);
  });
});
