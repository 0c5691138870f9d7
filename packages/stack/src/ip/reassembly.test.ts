import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datagram, fragment, fragments, type Ip4, Rig, text } from '../../test/rig.ts';
import { fragment6, rig6 } from '../../test/rig6.ts';

const TO: Ip4 = { to: '192.0.2.1', id: 77 };

function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >>> 8)) & 0xff);
}

/** A datagram whose checksum proves that every byte is where it was. */
function udpOf(size: number): Uint8Array {
  return datagram('10.0.2.15:1000', '192.0.2.1:7', pattern(size));
}

/** What reached the host. */
function delivered(rig: Rig): string[] {
  return rig.host.udpSockets.flatMap((s) => s.sent);
}

describe('RFC 791 3.2', () => {
  it('any cut, in any order, with repetitions, is the datagram again', () => {
    const scenario = fc
      .tuple(fc.integer({ min: 41, max: 4000 }), fc.integer({ min: 68, max: 1500 }))
      .chain(([size, mtu]) => {
        const frames = fragments(udpOf(size), mtu, TO);
        const order = fc.shuffledSubarray([...frames.keys()], { minLength: frames.length });
        // a frame repeated before the datagram is whole; afterwards it would be a new one
        return fc.record({ size: fc.constant(size), frames: fc.constant(frames), order, again: fc.nat() });
      });
    fc.assert(
      fc.property(scenario, ({ size, frames, order, again }) => {
        const rig = new Rig();
        order.forEach((i, n) => {
          expect(rig.send(frames[i]!)).toBe('NO');
          if (n < order.length - 1) rig.send(frames[order[again % (n + 1)]!]!);
        });
        expect(delivered(rig)).toEqual([`192.0.2.1:7 ttl 63 ${size} bytes`]);
        expect([rig.count('reassemblies'), rig.count('reassemblyBytes')]).toEqual([0, 0]);
      }),
      { numRuns: 60 },
    );
  });

  it('datagrams that differ in identification, destination, source or protocol are not mixed', () => {
    const rig = new Rig();
    const [a, b] = fragments(udpOf(100), 84, TO) as [Uint8Array, Uint8Array];
    rig.send(a);
    for (const other of [{ id: 78 }, { to: '192.0.2.2' }, { from: '10.0.2.16' }, { protocol: 1 }]) {
      rig.send(fragments(udpOf(100), 84, { ...TO, ...other })[1]!);
    }
    expect(rig.count('reassemblies')).toBe(5);
    rig.send(b);
    expect(delivered(rig)).toEqual(['192.0.2.1:7 ttl 63 100 bytes']);
  });

  it('65,535 bytes are the most there can be', () => {
    const rig = new Rig();
    for (const frame of fragments(udpOf(65_507), 1500, TO)) rig.send(frame);
    expect(delivered(rig)).toEqual(['192.0.2.1:7 ttl 63 65507 bytes']);
    const most = new Uint8Array(65_535);
    expect(rig.send(fragment(most, 65_512, 65_520, { ...TO, id: 2 }))).toBe('FRAGMENT_MALFORMED');
    expect(rig.send(fragment(most, 65_504, 65_512, { ...TO, id: 2 }))).toBe('NO');
  });

  it('a fragment that is not the last has a multiple of eight bytes, and none is empty', () => {
    const rig = new Rig();
    expect(rig.send(fragment(udpOf(100), 0, 50, TO))).toBe('FRAGMENT_MALFORMED');
    expect(rig.send(fragment(udpOf(100), 48, 48, TO))).toBe('FRAGMENT_MALFORMED');
    expect(rig.count('reassemblies')).toBe(0);
  });
});

describe('RFC 5722: overlaps', () => {
  const [first, second] = [fragment(udpOf(100), 0, 48, TO), fragment(udpOf(100), 48, 108, TO)];

  it.each([
    ['before', fragment(udpOf(100), 40, 56, TO)],
    ['within', fragment(udpOf(100), 8, 16, TO)],
    ['around', fragment(udpOf(100), 0, 56, TO)],
    ['the same place with other bytes', fragment(pattern(108), 0, 48, TO)],
  ])('%s: the datagram is given up, and what comes of it later', (_what, overlapping) => {
    const rig = new Rig();
    expect(rig.send(first)).toBe('NO');
    expect(rig.send(overlapping)).toBe('FRAGMENT_OVERLAP');
    expect(rig.count('reassemblyBytes')).toBe(0);
    expect(rig.send(second)).toBe('FRAGMENT_OVERLAP');
    expect(rig.send(first)).toBe('FRAGMENT_OVERLAP');
    rig.after(30_000);
    expect([rig.count('reassemblies'), rig.heard(), rig.count('FRAGMENT_EXPIRED')]).toEqual([0, [], 0]);
    rig.send(first);
    rig.send(second);
    expect(delivered(rig)).toEqual(['192.0.2.1:7 ttl 63 100 bytes']);
  });

  it.each([
    ['an end before the end', fragment(udpOf(100), 56, 108, TO), fragment(udpOf(40), 8, 48, TO)],
    ['two ends', fragment(udpOf(100), 56, 108, TO), fragment(udpOf(108), 104, 116, TO)],
    ['bytes behind the end', fragment(udpOf(40), 8, 48, TO), fragment(udpOf(100), 48, 56, TO)],
    ['an end before bytes that are here', fragment(udpOf(100), 48, 56, TO), fragment(udpOf(40), 8, 48, TO)],
    ['more behind the end', fragment(udpOf(40), 40, 48, TO), fragment(udpOf(100), 40, 48, TO)],
  ])('%s', (_what, a, b) => {
    const rig = new Rig();
    expect(rig.send(a)).toBe('NO');
    expect(rig.send(b)).toBe('FRAGMENT_OVERLAP');
  });

  it('nothing is ever delivered of a datagram whose fragments disagree', () => {
    const right = udpOf(8 * BLOCKS - 8);
    const wrong = right.map((v, i) => (i < 8 ? v : v ^ 0xff));
    const piece = fc.tuple(fc.nat(BLOCKS - 1), fc.integer({ min: 1, max: 7 }), fc.nat(9));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const rig = new Rig();
        const model = new Blocks();
        for (const [from, size, truth] of pieces) {
          const payload = truth === 0 ? wrong : right;
          const to = Math.min(BLOCKS, from + size);
          const agrees = model.add(from, to, payload.subarray(from * 8, to * 8).join());
          // trusted: no checksum hides what is put together wrongly
          expect(rig.send(fragment(payload, from * 8, to * 8, TO), true)).toBe(agrees ? 'NO' : 'FRAGMENT_OVERLAP');
          expect(delivered(rig)).toHaveLength(model.whole);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Blocks of eight bytes in the datagram of the test above. */
const BLOCKS = 13;

/** What RFC 5722 makes of fragments of one identification, by block: the bytes of who covers it. */
class Blocks {
  whole: number = 0;
  #by: string[] = new Array<string>(BLOCKS).fill('');
  #refused: boolean = false;

  add(from: number, to: number, bytes: string): boolean {
    const name = `${from}-${to} ${bytes}`;
    const covered = this.#by.slice(from, to).filter((by) => by !== '');
    const twice = covered.length === to - from && covered.every((by) => by === name);
    this.#refused ||= covered.length > 0 && !twice;
    if (this.#refused) return false;
    this.#by.fill(name, from, to);
    if (!this.#by.includes('')) {
      this.whole++;
      this.#by = this.#by.map(() => '');
    }
    return true;
  }
}

describe('RFC 792: time exceeded', () => {
  it('after 30 s, quoting the first fragment', () => {
    const rig = new Rig();
    rig.send(fragment(udpOf(100), 48, 96, TO));
    expect(rig.stack.deadline()).toBe(rig.now + 30_000);
    rig.after(10_000).send(fragment(udpOf(100), 0, 48, TO));
    rig.after(19_999);
    expect(rig.count('reassemblies')).toBe(1);
    rig.after(1);
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.15 icmp exceeded 1 about 10.0.2.15 > 192.0.2.1 (68)']);
    expect([rig.count('reassemblies'), rig.count('reassemblyBytes'), rig.count('FRAGMENT_EXPIRED')]).toEqual([0, 0, 1]);
    expect(rig.stack.deadline()).toBe(Infinity);
  });

  it('says nothing without the first', () => {
    const rig = new Rig();
    rig.send(fragment(udpOf(100), 48, 96, TO));
    rig.after(30_000);
    expect([rig.heard(), rig.count('FRAGMENT_EXPIRED')]).toEqual([[], 1]);
  });
});

describe('caps', () => {
  it('of datagrams: the longest waiting goes', () => {
    const rig = new Rig({ limits: { reassemblies: 3 } });
    for (let id = 1; id <= 4; id++) rig.send(fragment(udpOf(100), 0, 48, { ...TO, id }));
    expect([rig.count('reassemblies'), rig.count('FRAGMENT_EVICTED')]).toEqual([3, 1]);
    for (let id = 4; id >= 1; id--) rig.send(fragment(udpOf(100), 48, 108, { ...TO, id }));
    expect(delivered(rig)).toHaveLength(3);
  });

  it('of both versions together: the longest waiting goes, whichever it is', () => {
    const rig = rig6({ limits: { reassemblies: 3 } });
    const six = (id: number): Uint8Array => fragment6(new Uint8Array(100), 0, 48, { to: '2001:db8::1', id });
    rig.send(six(1));
    rig.now++;
    for (const id of [1, 2]) rig.send(fragment(udpOf(100), 0, 48, { ...TO, id }));
    rig.now++;
    rig.send(six(2)); // the first of IPv6 goes
    rig.send(six(3)); // the first of IPv4
    expect([rig.count('reassemblies'), rig.count('FRAGMENT_EVICTED')]).toEqual([3, 2]);
    rig.send(fragment(udpOf(100), 48, 108, { ...TO, id: 2 }));
    expect(delivered(rig)).toHaveLength(1);
  });

  it('of bytes, of both versions together', () => {
    const rig = rig6({ limits: { reassemblyBytes: 4_096 } });
    const whole = new Uint8Array(4_000);
    rig.send(fragment6(whole, 0, 1_400, { to: '2001:db8::1', id: 1 }));
    rig.now++;
    rig.send(fragment(udpOf(4_000), 0, 1_400, TO));
    rig.send(fragment(udpOf(4_000), 1_400, 2_800, TO));
    expect([rig.count('reassemblies'), rig.count('FRAGMENT_EVICTED')]).toEqual([1, 1]);
    expect(rig.count('reassemblyBytes')).toBeLessThanOrEqual(4_096);
  });

  it('of bytes, whatever comes', () => {
    const hostile = fc.record({ id: fc.nat(40), from: fc.nat(8000), size: fc.integer({ min: 1, max: 180 }) });
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 150 }), (all) => {
        const rig = new Rig({ limits: { reassemblies: 16, reassemblyBytes: 8_192 } });
        const b = new Uint8Array(65_528);
        for (const { id, from, size } of all) {
          rig.send(fragment(b, from * 8, (from + size) * 8, { ...TO, id }));
          expect(rig.count('reassemblyBytes')).toBeLessThanOrEqual(8_192);
          expect(rig.count('reassemblies')).toBeLessThanOrEqual(16);
        }
        rig.after(30_000);
        expect([rig.count('reassemblyBytes'), rig.count('reassemblies')]).toEqual([0, 0]);
      }),
      { numRuns: 40 },
    );
  });

  it('one datagram that is too much for them alone goes itself', () => {
    const rig = new Rig({ limits: { reassemblyBytes: 4_096 } });
    const all = fragments(udpOf(8000), 1500, TO).map((frame) => rig.send(frame));
    expect(all).toContain('FRAGMENT_EVICTED');
    expect(delivered(rig)).toEqual([]);
  });
});

it('a service hears of the MAC that the datagram came from', () => {
  const macs: string[] = [];
  const service = {
    name: 'echo',
    bindings: [{ protocol: 'udp', port: 7, at: 'gateway' } as const],
    egress: false,
    start: () => {},
    received: (q: { mac: Uint8Array; at: number; end: number }) => macs.push(`${[...q.mac]} ${q.end - q.at}`),
  };
  const rig = new Rig({ services: [service] });
  for (const frame of fragments(datagram('10.0.2.15:1000', '10.0.2.2:7', pattern(3000)), 1500)) rig.send(frame);
  expect(macs).toEqual(['82,84,0,18,52,86 3000']);
});

it('a fragment of eight bytes is enough to begin with: the transport is checked when all is here', () => {
  const rig = new Rig();
  for (const frame of fragments(datagram('10.0.2.15:1000', '192.0.2.1:7', text('0123456789')), 28, TO)) rig.send(frame);
  expect(delivered(rig)).toEqual(['192.0.2.1:7 ttl 63 0123456789']);
});
