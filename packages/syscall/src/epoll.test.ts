import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { Epoll, EventFd } from './constants.ts';
import { EpollSet } from './epoll.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';

const open: number[] = [];

function eventfd(value: number): number {
  const fd = libc.eventfd(value, EventFd.NONBLOCK);
  open.push(fd);
  return fd;
}

function newSet(most?: number): EpollSet {
  const set = new EpollSet(most);
  open.push(set.fd);
  return set;
}

afterEach(() => {
  for (const fd of open.splice(0)) libc.close(fd);
});

test('a descriptor comes back with its tag, whatever 32 bits that has', () => {
  const set = newSet();
  const fd = eventfd(1);
  set.add(fd, Epoll.IN, 0);
  fc.assert(
    fc.property(fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }), (tag) => {
      expect(set.modify(fd, Epoll.IN | Epoll.OUT, tag)).toBe(0);
      expect(set.wait(0)).toBe(1);
      expect([set.readyFd(0), set.tag(0), set.events(0)]).toEqual([fd, tag, Epoll.IN | Epoll.OUT]);
    }),
  );
});

test('each of many comes back as itself', () => {
  const set = newSet();
  const fds = Array.from({ length: 50 }, () => eventfd(1));
  for (const fd of fds) set.add(fd, Epoll.IN, -fd);
  const ready = set.wait(0);
  const came = Array.from({ length: ready }, (_, i) => [set.readyFd(i), set.tag(i)]);
  expect(came.toSorted((a, b) => a[0]! - b[0]!)).toEqual(fds.map((fd) => [fd, -fd]));
});

test('no more come at once than there is room for, and the rest is not forgotten', () => {
  const set = newSet(2);
  for (let i = 0; i < 3; i++) set.add(eventfd(1), Epoll.IN | Epoll.ET, i);
  const tags = new Set<number>();
  for (let n = set.wait(0); n > 0; n = set.wait(0)) {
    expect(n).toBeLessThanOrEqual(2);
    for (let i = 0; i < n; i++) tags.add(set.tag(i));
  }
  expect([...tags].toSorted()).toEqual([0, 1, 2]);
});

test('an edge is told once', () => {
  const set = newSet();
  set.add(eventfd(1), Epoll.IN | Epoll.ET, 0);
  expect([set.wait(0), set.wait(0)]).toEqual([1, 0]);
});

test('errors are the numbers of epoll_ctl(2)', () => {
  const set = newSet();
  const fd = eventfd(0);
  expect(set.add(fd, Epoll.IN, 0)).toBe(0);
  expect(set.add(fd, Epoll.IN, 0)).toBe(-Errno.EEXIST);
  expect(set.remove(fd)).toBe(0);
  expect(set.remove(fd)).toBe(-Errno.ENOENT);
  expect(set.modify(fd, Epoll.IN, 0)).toBe(-Errno.ENOENT);
  expect(set.add(set.fd, Epoll.IN, 0)).toBe(-Errno.EINVAL);
  expect(set.add(-1, Epoll.IN, 0)).toBe(-Errno.EBADF);
});
