import { afterEach, describe, expect, test } from 'vitest';
import { Epoll } from './constants.ts';
import { channel } from './descriptor.ts';
import * as libc from './libc.ts';
import { Loop } from './loop.ts';
import { Region } from './memory.ts';

const word = new Region(8);
const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
});

function loop(): Loop {
  const it = new Loop();
  open.push(() => it.dispose());
  return it;
}

/** Two connected sockets: what is sent to the second can be read from the first. */
function pair(): [number, number] {
  const ends = channel()!;
  open.push(() => {
    for (const fd of ends) libc.close(fd);
  });
  return ends;
}

function poke(fd: number): void {
  libc.send(fd, word.address, 1, 0);
}

describe('a turn', () => {
  test('tells what is ready, then what was put off, then the listeners of its end', () => {
    const it = loop();
    const [near, far] = pair();
    const said: string[] = [];
    it.add(near, Epoll.IN, { ready: () => void said.push('ready') });
    it.defer(() => said.push('deferred'));
    it.onTurnEnd(() => {
      said.push('end');
      return Infinity;
    });
    poke(far);
    it.turn(0);
    expect(said).toEqual(['ready', 'deferred', 'end']);
  });

  test('is one instant for all of them', () => {
    let clock = 0;
    const it = new Loop(() => ++clock);
    open.push(() => it.dispose());
    const [near, far] = pair();
    const seen: number[] = [];
    it.add(near, Epoll.IN, { ready: (_events, now) => void seen.push(now) });
    it.defer((now) => seen.push(now));
    it.onTurnEnd((now) => {
      seen.push(now, it.now());
      return Infinity;
    });
    poke(far);
    it.turn(0);
    expect(new Set(seen).size).toBe(1);
    expect(seen).toHaveLength(4);
  });

  test('what is put off while it runs comes in the next one, which does not wait', () => {
    const it = loop();
    let second = false;
    it.defer(() => {
      it.defer(() => {
        second = true;
      });
    });
    it.turn(0);
    expect(second).toBe(false);
    it.turn(); // would wait for ever
    expect(second).toBe(true);
  });

  test('waits until the earliest deadline of its ends, and no longer', () => {
    const it = loop();
    const began = performance.now();
    it.onTurnEnd(() => Infinity);
    it.onTurnEnd((now) => now + 30);
    it.turn(0);
    it.turn();
    const took = performance.now() - began;
    expect(took).toBeGreaterThanOrEqual(29);
    expect(took).toBeLessThan(500);
  });

  test('with nothing to do there are no turns: it sleeps', () => {
    const it = loop();
    let turns = 0;
    it.onTurnEnd(() => {
      turns++;
      return Infinity;
    });
    it.turn(0);
    it.turn(200);
    expect(turns).toBe(2);
  });
});

describe('descriptors', () => {
  test('an event of an earlier use of the number is not told to the next', () => {
    const it = loop();
    const [one, two] = [pair(), pair()];
    const said: string[] = [];
    it.add(one[0], Epoll.IN, {
      ready: () => {
        said.push('first');
        it.remove(two[0]);
        it.add(two[0], Epoll.IN, { ready: () => void said.push('of another use') });
      },
    });
    it.add(two[0], Epoll.IN, { ready: () => void said.push('stale') });
    poke(one[1]);
    poke(two[1]);
    it.turn(0);
    expect(said.filter((word) => word !== 'stale')).toEqual(['first']); // stale only when it came before the first
  });

  test('removed: nothing is told any more', () => {
    const it = loop();
    const [near, far] = pair();
    it.add(near, Epoll.IN, {
      ready: () => {
        throw new Error('told');
      },
    });
    it.remove(near);
    poke(far);
    it.turn(0);
  });

  test('closed by the loop: the kernel has forgotten it as well', () => {
    const it = loop();
    const [near, far] = channel()!;
    open.push(() => libc.close(far));
    it.add(near, Epoll.IN, { ready: () => {} });
    it.close(near);
    expect(libc.send(far, word.address, 1, 0x4000)).toBeLessThan(0);
    it.turn(0);
  });

  test('a file cannot be watched, and that is told', () => {
    const fd = libc.open('/etc/hosts', 0);
    open.push(() => libc.close(fd));
    expect(loop().add(fd, Epoll.IN, { ready: () => {} })).toBe(-1);
  });
});

test('the eventfd wakes it, once for any number of words', () => {
  const it = loop();
  let woken = 0;
  it.onWake(() => void woken++);
  word.view.setBigUint64(0, 1n, true);
  for (let i = 0; i < 3; i++) libc.write(it.waker, word.address, 8);
  it.turn();
  it.turn(0);
  expect(woken).toBe(1);
});

test('stop() ends run() with the turn that is under way', () => {
  const it = loop();
  let turns = 0;
  it.onTurnEnd(() => {
    if (++turns === 3) it.stop();
    return -Infinity;
  });
  it.run();
  expect(turns).toBe(3);
});
