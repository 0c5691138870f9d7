import { pair } from '@reslirp/link';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Switch } from '../src/index.ts';
import { Bench, EVERYBODY, frame, mac, put, ROUTER } from './bench.ts';

describe('forwarding', () => {
  test('to everybody: all but the sender', () => {
    const b = new Bench(3);
    b.send(0, frame(EVERYBODY, mac(0), 'a'));
    expect(b.all).toEqual([[], ['a'], ['a'], ['a']]);
  });

  test('to somebody unknown: all; once he has been heard, he alone', () => {
    const b = new Bench(3);
    b.send(0, frame(mac(1), mac(0), 'who'));
    b.send(1, frame(mac(0), mac(1), 'me'));
    b.send(0, frame(mac(1), mac(0), 'hello'));
    expect(b.all).toEqual([['me'], ['who', 'hello'], ['who'], ['who']]);
  });

  test('the network is a port like others: what it sends is learnt, what is for it is for it alone', () => {
    const b = new Bench(2);
    b.down(frame(EVERYBODY, ROUTER, 'here'));
    b.send(0, frame(ROUTER, mac(0), 'up'));
    b.down(frame(mac(0), ROUTER, 'down'));
    expect(b.all).toEqual([['here', 'down'], ['here'], ['up']]);
  });

  test('a port knows who was heard behind it, until it goes', () => {
    const b = new Bench(2);
    b.send(0, frame(EVERYBODY, mac(5), 'x'));
    b.send(0, frame(EVERYBODY, mac(0x1ff), 'x'));
    const [one, two] = b.guests.map(({ port }) => port);
    expect([one!.macs(), two!.macs()]).toEqual([['52:54:00:00:00:05', '52:54:00:00:01:ff'], []]);
    one!.detach();
    expect(one!.macs()).toEqual([]);
  });

  test('to the port that it came from: nowhere', () => {
    const b = new Bench(2);
    b.send(0, frame(EVERYBODY, mac(5), 'x'));
    b.send(0, frame(mac(5), mac(0), 'within'));
    expect(b.all).toEqual([[], ['x'], ['x']]);
  });

  test('multicast goes to everybody, as IPv6 needs it', () => {
    const b = new Bench(2);
    b.send(0, frame([0x33, 0x33, 0, 0, 0, 1], mac(0), 'm'));
    expect(b.all).toEqual([[], ['m'], ['m']]);
  });

  test('what the network lends is sent too', () => {
    const b = new Bench(1);
    const { uplink } = b.network;
    const whole = frame(EVERYBODY, ROUTER, 'lent');
    const at = uplink.reserve(whole.length);
    uplink.slab.set(whole.subarray(0, 14), at);
    uplink.commit(14, whole, 14, whole.length);
    uplink.flush();
    expect(b.all).toEqual([['lent'], []]);
  });

  test('isolated: guests reach the network, and not each other, known or not', () => {
    const b = new Bench(2, { isolated: true });
    b.send(0, frame(EVERYBODY, mac(0), 'a'));
    b.send(1, frame(mac(0), mac(1), 'b'));
    b.down(frame(EVERYBODY, ROUTER, 'c'));
    b.down(frame(mac(1), ROUTER, 'd'));
    expect(b.all).toEqual([['c'], ['c', 'd'], ['a']]);
  });
});

describe('stations', () => {
  test('an address in use is not taken over; one that was silent is', () => {
    const b = new Bench(3);
    b.send(0, frame(EVERYBODY, mac(7), '1'));
    b.time = 9_999;
    b.send(1, frame(EVERYBODY, mac(7), 'thief'));
    expect(b.guests[1]!.port.counters).toMatchObject({ SOURCE: 1, flooded: 0 });
    b.time = 10_000;
    b.send(1, frame(EVERYBODY, mac(7), 'moved'));
    b.send(2, frame(mac(7), mac(2), 'to it'));
    expect(b.all).toEqual([['moved'], ['1', 'to it'], ['1', 'moved'], ['1', 'moved']]);
  });

  test('the addresses of the network are nobody else’s, however long it is silent, even if he was first', () => {
    const b = new Bench(2);
    b.send(0, frame(EVERYBODY, [...ROUTER], 'I am the router'));
    b.down(frame(EVERYBODY, ROUTER, 'no, I'));
    b.time = 200_000;
    b.send(0, frame(EVERYBODY, [...ROUTER], 'still'));
    b.send(1, frame(ROUTER, mac(1), 'secret'));
    expect(b.guests[0]!.got).toEqual(['no, I']);
    expect(b.got.at(-1)).toBe('secret');
  });

  test('one that was not heard for long is unknown', () => {
    const b = new Bench(3, { maxAge: 1_000 });
    b.send(0, frame(EVERYBODY, mac(0), 'a'));
    b.time = 999;
    b.send(1, frame(mac(0), mac(1), 'known'));
    b.time = 1_000;
    b.send(1, frame(mac(0), mac(1), 'unknown'));
    expect(b.guests[2]!.got).toEqual(['a', 'unknown']);
    expect(b.network.stations).toBe(1);
  });

  test('a port that is full of addresses forgets its own oldest, and no other port’s', () => {
    const b = new Bench(3, { stationsPerPort: 4 });
    b.send(1, frame(EVERYBODY, mac(1), ''));
    for (let i = 100; i < 1_000; i++) {
      b.time++;
      b.send(0, frame(EVERYBODY, mac(i), ''));
    }
    expect(b.network.stations).toBe(5);
    b.guests[2]!.got.length = 0;
    b.send(0, frame(mac(1), mac(999), 'found'));
    expect([b.guests[1]!.got.at(-1), b.guests[2]!.got]).toEqual(['found', []]);
  });

  test('a port that is taken out: nothing goes there, and its addresses may be anywhere at once', () => {
    const b = new Bench(2);
    b.send(0, frame(EVERYBODY, mac(0), 'a'));
    b.guests[0]!.port.detach();
    b.send(0, frame(EVERYBODY, mac(0), 'ghost'));
    const again = b.add();
    put(again.far, frame(EVERYBODY, mac(0), 'again'));
    again.far.flush();
    b.send(1, frame(mac(0), mac(1), 'hello'));
    expect(b.all).toEqual([[], ['a', 'again'], ['hello'], ['a', 'again']]);
    expect(b.network.guests).toBe(2);
  });
});

describe('what is dropped, and counted', () => {
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['shorter than a header', new Uint8Array(13), 'SHORT'],
    ['from everybody', frame(EVERYBODY, EVERYBODY, 'x'), 'SOURCE'],
    ['from a group', frame(EVERYBODY, [0x33, 0x33, 0, 0, 0, 1], 'x'), 'SOURCE'],
    ['for bridges', frame([0x01, 0x80, 0xc2, 0, 0, 0], mac(0), 'x'), 'RESERVED'],
    ['for link-local protocols', frame([0x01, 0x80, 0xc2, 0, 0, 0x0f], mac(0), 'x'), 'RESERVED'],
  ];
  test.each(cases)('%s', (_, b, counter) => {
    const bench = new Bench(2);
    bench.send(0, b);
    expect(bench.all).toEqual([[], [], []]);
    expect(bench.guests[0]!.port.counters).toMatchObject({ framesIn: 1, bytesIn: b.length, [counter]: 1 });
  });

  test('next to the reserved addresses are ordinary ones', () => {
    const bench = new Bench(2);
    bench.send(0, frame([0x01, 0x80, 0xc2, 0, 0, 0x10], mac(0), 'x'));
    expect(bench.guests[1]!.got).toEqual(['x']);
  });

  test('longer than a port or the network takes', () => {
    const b = new Bench(1, { mru: 1_000 });
    const [ours] = pair({ mtu: 576 });
    const narrow = b.network.attach(ours);
    b.send(0, frame(EVERYBODY, mac(0), 'x', 1_018));
    b.send(0, frame(EVERYBODY, mac(0), 'y', 1_019));
    expect([narrow.counters.TOO_LONG, b.got, b.network.counters.TOO_LONG]).toEqual([2, ['x'], 1]);
  });

  test('a storm of one guest: so many in a second, and others are heard meanwhile', () => {
    const b = new Bench(2, { mostFloods: 10 });
    for (let i = 0; i < 100; i++) b.send(0, frame(EVERYBODY, mac(0), 'x'));
    b.send(1, frame(EVERYBODY, mac(1), 'y'));
    expect([b.guests[0]!.got.length, b.guests[1]!.got.length, b.guests[0]!.port.counters.STORM]).toEqual([1, 10, 90]);
    b.time = 1_000;
    b.send(0, frame(EVERYBODY, mac(0), 'x'));
    expect(b.guests[1]!.got).toHaveLength(11);
  });

  test('a link that leaves work to others cannot be a port', () => {
    const [ours] = pair({ offload: { checksum: true, segmentation: 0, datagrams: 0 } });
    expect(() => new Switch({ now: () => 0 }).attach(ours)).toThrow('must not offload');
  });
});

describe('a guest that does not read', () => {
  /** The network sends to guest 0 until it has to wait. */
  function fill(b: Bench): number {
    const big = frame(mac(0), ROUTER, 'big', 1_514);
    for (let sent = 0; sent < 10_000; sent++) if (!put(b.network.uplink, big)) return sent;
    throw new Error('never full');
  }

  test('the network waits before anything is lost, and goes on when there is room', () => {
    const b = new Bench(2, {}, 16_384);
    b.send(0, frame(EVERYBODY, mac(0), ''));
    const sent = fill(b);
    expect([b.rooms, b.guests[0]!.port.counters.FULL]).toEqual([0, 0]);
    b.network.flush(); // now he reads
    expect([b.rooms, b.guests[0]!.got.length]).toEqual([1, sent]);
    expect(fill(b)).toBe(sent);
  });

  test('after a moment it is not waited for: it loses what is its own, and others get theirs', () => {
    const b = new Bench(2, {}, 16_384);
    b.send(0, frame(EVERYBODY, mac(0), ''));
    fill(b);
    expect(b.network.deadline()).toBe(20);
    b.time = 19;
    b.network.poll(19);
    expect(b.rooms).toBe(0);
    b.time = 20;
    b.network.poll(20);
    expect([b.rooms, b.network.deadline()]).toEqual([1, Infinity]);
    expect(put(b.network.uplink, frame(mac(0), ROUTER, 'lost', 1_514))).toBe(true);
    expect(put(b.network.uplink, frame(mac(1), ROUTER, 'other'))).toBe(true);
    b.guests[1]!.far.flush();
    b.network.flush();
    expect([b.guests[0]!.port.counters.FULL, b.guests[1]!.got.at(-1)]).toEqual([1, 'other']);
  });

  test('it leaves while the network waits: there is room', () => {
    const b = new Bench(1, {}, 16_384);
    b.send(0, frame(EVERYBODY, mac(0), ''));
    fill(b);
    b.guests[0]!.port.detach();
    expect(b.rooms).toBe(1);
  });

  test('other guests that send to it lose frames, and wait for nothing', () => {
    const b = new Bench(2, {}, 16_384);
    b.send(0, frame(EVERYBODY, mac(0), ''));
    fill(b);
    put(b.guests[1]!.far, frame(mac(0), mac(1), 'x', 1_514));
    b.guests[1]!.far.flush();
    expect(b.guests[0]!.port.counters.FULL).toBe(1);
  });
});

test('whatever guests send, nothing throws, nothing comes back to its sender, and the tables hold', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const station = fc.oneof(fc.integer({ min: 0, max: 5 }).map(mac), fc.array(byte, { minLength: 6, maxLength: 6 }));
  const sent = fc.record({
    guest: fc.integer({ min: 0, max: 2 }),
    to: station,
    from: station,
    size: fc.integer({ min: 1, max: 1_518 }),
  });
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 60 }), fc.boolean(), (frames, isolated) => {
      const b = new Bench(3, { isolated, stationsPerPort: 3 });
      for (const { guest, to, from, size } of frames) {
        b.time += 1_000;
        const before = b.guests[guest]!.got.length;
        b.send(guest, frame(to, from, '', 1_518).slice(0, size));
        expect(b.guests[guest]!.got).toHaveLength(before);
        expect(b.network.stations).toBeLessThanOrEqual(9);
      }
      const { flooded } = b.network.counters;
      expect(flooded).toBe(0);
    }),
    { seed: 7, numRuns: 200 },
  );
});
