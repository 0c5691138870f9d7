import { afterEach, describe, expect, test } from 'vitest';
import { bound, loopbackAt, nameOf, sendTo, socket } from '../test/loopback.ts';
import { inNewNetwork, whyNoNetwork } from '../test/network.ts';
import { ErrorOrigin, IpOption, Ipv6Option, Level, SocketType } from './constants.ts';
import { Errno } from './errno.ts';
import { Interfaces } from './interface.ts';
import * as libc from './libc.ts';
import { Datagrams, ErrorQueue } from './message.ts';
import { setOption } from './option.ts';

const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) libc.close(fd);
});

/** A UDP socket on the loopback, and its port. */
function udp(family: 4 | 6 = 4): [number, number] {
  const fd = socket(SocketType.DGRAM, family);
  open.push(fd);
  return [fd, bound(fd, family)];
}

const pattern = (size: number, seed: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => i * 7 + seed);

/** What waits at `fd`. */
function received(datagrams: Datagrams, fd: number): Uint8Array[] {
  const n = datagrams.receive(fd);
  return Array.from({ length: Math.max(0, n) }, (_, i) => datagrams.bytes.slice(datagrams.start(i), datagrams.end(i)));
}

describe('datagrams', () => {
  test.each([4, 6] as const)('of IPv%i come in order, whole, each with its sender', (family) => {
    const datagrams = new Datagrams(8, 2_000);
    const [to, port] = udp(family);
    const senders = [udp(family), udp(family)];
    const sizes = [1, 0, 2_000, 14, 777];
    for (const [i, size] of sizes.entries()) sendTo(senders[i % 2]![0], loopbackAt(family, port), pattern(size, i));
    expect(received(datagrams, to)).toEqual(sizes.map(pattern));
    const from = loopbackAt(4, 0);
    for (const [i] of sizes.entries()) {
      expect(datagrams.from(i, from)).toBe(true);
      expect(from).toEqual(nameOf(senders[i % 2]![0]));
    }
  });

  test('no more than there is room for come at once; the rest stays', () => {
    const datagrams = new Datagrams(3, 100);
    const [to, port] = udp();
    const [from] = udp();
    for (let i = 0; i < 5; i++) sendTo(from, loopbackAt(4, port), pattern(10, i));
    expect(received(datagrams, to)).toEqual([0, 1, 2].map((i) => pattern(10, i)));
    expect(received(datagrams, to)).toEqual([3, 4].map((i) => pattern(10, i)));
    expect(datagrams.receive(to)).toBe(-Errno.EAGAIN);
  });

  test('one that is too long is cut off, and does not touch the next', () => {
    const datagrams = new Datagrams(2, 50);
    const [to, port] = udp();
    const [from] = udp();
    for (const size of [60, 20]) sendTo(from, loopbackAt(4, port), pattern(size, size));
    expect(received(datagrams, to)).toEqual([pattern(60, 60).subarray(0, 50), pattern(20, 20)]);
  });

  test('one object serves IPv6 and IPv4 in turn', () => {
    const datagrams = new Datagrams(1, 50);
    const from = loopbackAt(4, 0);
    for (const family of [6, 4, 6] as const) {
      const [to, port] = udp(family);
      const [sender] = udp(family);
      sendTo(sender, loopbackAt(family, port), pattern(5, family));
      expect(received(datagrams, to)).toEqual([pattern(5, family)]);
      datagrams.from(0, from);
      expect(from).toEqual(nameOf(sender));
    }
  });

  test('of what is no socket there are none', () => {
    expect(new Datagrams(1, 50).receive(54_321)).toBe(-Errno.EBADF);
  });
});

describe('the error queue', () => {
  const LEVELS: Readonly<Record<4 | 6, readonly [number, number]>> = {
    4: [Level.IP, IpOption.RECVERR],
    6: [Level.IPV6, Ipv6Option.RECVERR],
  };
  const UNREACHABLE = {
    4: { origin: ErrorOrigin.ICMP, type: 3, code: 3 }, // RFC 792: destination, port
    6: { origin: ErrorOrigin.ICMP6, type: 1, code: 4 }, // RFC 4443 3.1
  } as const;

  test.each([4, 6] as const)('of IPv%i: who refused which datagram', (family) => {
    const queue = new ErrorQueue();
    const [fd] = udp(family);
    setOption(fd, ...LEVELS[family], 1);
    const nowhere = [socket(SocketType.DGRAM, family), socket(SocketType.DGRAM, family)].map((other) => {
      const port = bound(other, family);
      libc.close(other);
      return loopbackAt(family, port);
    });
    for (const [i, to] of nowhere.entries()) {
      sendTo(fd, to, pattern(100, i));
      if (i === 0) sendTo(fd, to, pattern(100, i)); // which hears of the error before it, and does not leave
    }
    sendTo(fd, nowhere[1]!, pattern(100, 1));
    const [destination, offender] = [loopbackAt(4, 0), loopbackAt(4, 0)];
    for (const [i, to] of nowhere.entries()) {
      expect(queue.next(fd)).toBe(true);
      expect(queue).toMatchObject({ errno: Errno.ECONNREFUSED, ...UNREACHABLE[family], info: 0 });
      expect(queue.destination(destination)).toBe(true);
      expect(destination).toEqual(to);
      expect(queue.offender(offender)).toBe(true);
      expect({ ...offender, port: 0 }).toEqual(loopbackAt(family, 0));
      expect(queue.bytes.subarray(0, queue.length)).toEqual(pattern(100, i).subarray(0, 64));
    }
    expect(queue.next(fd)).toBe(false);
  });

  test('of a short datagram all is kept', () => {
    const queue = new ErrorQueue();
    const [fd] = udp();
    setOption(fd, ...LEVELS[4], 1);
    const other = socket(SocketType.DGRAM);
    const port = bound(other);
    libc.close(other);
    sendTo(fd, loopbackAt(4, port), pattern(9, 3));
    expect(queue.next(fd)).toBe(true);
    expect(queue.bytes.subarray(0, queue.length)).toEqual(pattern(9, 3));
  });

  test('is empty where nothing went wrong, and where there is no socket', () => {
    const queue = new ErrorQueue();
    expect([queue.next(udp()[0]), queue.next(54_321)]).toEqual([false, false]);
  });

  const why = whyNoNetwork();
  test.skipIf(why !== null)(
    `what this machine found too big was refused by nobody else${why === null ? '' : `: skipped, ${why}`}`,
    () => {
      inNewNetwork(() => {
        const interfaces = new Interfaces();
        interfaces.setMtu('lo', 1_500);
        interfaces.up('lo');
        const queue = new ErrorQueue();
        const [fd, port] = udp();
        setOption(fd, ...LEVELS[4], 1);
        const ALWAYS = 2; // IP_PMTUDISC_DO
        setOption(fd, Level.IP, IpOption.MTU_DISCOVER, ALWAYS);
        expect(sendTo(fd, loopbackAt(4, port), pattern(2_000, 0))).toBe(-Errno.EMSGSIZE);
        expect(queue.next(fd)).toBe(true);
        expect(queue).toMatchObject({ errno: Errno.EMSGSIZE, origin: ErrorOrigin.LOCAL, info: 1_500 });
        expect(queue.offender(loopbackAt(4, 0))).toBe(false);
        interfaces.close();
        for (const each of open.splice(0)) libc.close(each);
      });
    },
  );
});
