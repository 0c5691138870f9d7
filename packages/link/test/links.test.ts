import { describe, expect, test } from 'vitest';
import { type LinkUnderTest, linkContract } from '../src/contract.ts';
import {
  BIG_2,
  Deframer,
  FramedLink,
  impair,
  type Link,
  pair,
  pcap,
  poison,
  trace,
  writeLength,
} from '../src/index.ts';

/** A cable of memory, with whatever is to be tested wrapped around our end. */
function onPair(wrap: (link: Link) => Link = (link) => link): LinkUnderTest {
  const [ours, theirs] = pair();
  const arrived: Uint8Array[] = [];
  theirs.onFrame((b, at, end) => arrived.push(b.slice(at, end)));
  return {
    link: wrap(ours),
    arrived,
    send: (frame) => {
      const at = theirs.reserve(frame.length);
      theirs.slab.set(frame, at);
      theirs.commit(frame.length);
      theirs.flush();
    },
    hangUp: () => theirs.close(),
    settle: () => {},
  };
}

/** A framed link whose transport is an array. */
function onFraming(): LinkUnderTest {
  const arrived: Uint8Array[] = [];
  const far = new Deframer(BIG_2, 9_999, (b, at, end) => arrived.push(b.slice(at, end)));
  const writes: [Uint8Array, number][] = [];
  const link: FramedLink = new FramedLink({ mtu: 1500, pad: true, write: (b, end) => writes.push([b, end]) });
  return {
    link,
    arrived,
    send: (frame) => {
      const b = new Uint8Array(2 + frame.length);
      writeLength(BIG_2, b, 0, frame.length);
      b.set(frame, 2);
      for (let at = 0; at < b.length; at += 7) link.received(b, at, Math.min(b.length, at + 7));
    },
    hangUp: () => link.ended(null),
    settle: () => {
      for (let write = writes.shift(); write !== undefined; write = writes.shift()) {
        far.push(write[0], 0, write[1]);
        link.written();
      }
    },
  };
}

const now = (): number => 0;
const LINKS: readonly (readonly [string, () => LinkUnderTest])[] = [
  ['pair', () => onPair()],
  ['framed', onFraming],
  ['poison', () => onPair(poison)],
  ['pcap', () => onPair((link) => pcap(link, { write: () => {}, now: () => 0n }))],
  ['trace', () => onPair((link) => trace(link, () => {}))],
  [
    'impair, with nothing wrong',
    () => onPair((link) => impair(link, { random: Math.random, now, schedule: (_, run) => run() })),
  ],
];

for (const [name, make] of LINKS) {
  describe(name, () => {
    for (const { name: what, run } of linkContract(make)) test(what, run);
  });
}

describe('framed', () => {
  test('while one slab is on its way, the other fills, and no third is made', () => {
    const writes: number[] = [];
    const link = new FramedLink({ mtu: 1500, write: (_b, end) => writes.push(end) });
    const fill = (): number => {
      let frames = 0;
      for (; link.reserve(1514) >= 0; frames++) link.commit(1514);
      return frames;
    };
    const first = fill();
    link.flush();
    const second = fill();
    link.flush();
    expect([second, writes, link.reserve(1514)]).toEqual([first, [first * 1516], -1]);
    link.written();
    expect([writes.length, link.reserve(1514) >= 0]).toEqual([2, true]);
  });

  test('pads to 60 bytes and to an even length, with zeros', () => {
    const sent: Uint8Array[] = [];
    const link: FramedLink = new FramedLink({
      mtu: 1500,
      pad: true,
      write: (b, end) => {
        sent.push(b.slice(0, end));
        queueMicrotask(() => link.written());
      },
    });
    for (const size of [14, 61]) {
      link.slab.fill(0xee);
      link.reserve(size);
      link.commit(size);
      link.flush();
      link.written();
    }
    expect(sent.map((b) => b.length)).toEqual([2 + 60, 2 + 62]);
    expect([sent[0]![1], sent[0]![2 + 14], sent[1]![1], sent[1]![2 + 61]]).toEqual([60, 0, 62, 0]);
  });

  test('the end within a frame is an error that says so', () => {
    const ends: (string | undefined)[] = [];
    const link = new FramedLink({ mtu: 1500, write: () => {} });
    link.onEnd((error) => ends.push(error?.message));
    link.received(Uint8Array.of(0, 60, 1), 0, 3);
    link.ended(null);
    link.ended(new Error('late'));
    expect(ends).toEqual(['cable cut off: it ended 3 bytes into a frame']);
  });
});

describe('pair', () => {
  test('a handler that answers at once does not nest, and nothing overtakes', () => {
    const [a, b] = pair();
    const seen: number[] = [];
    let depth = 0;
    const answer = (link: Link, most: number) => (bytes: Uint8Array, at: number) => {
      expect(++depth).toBe(1);
      seen.push(bytes[at]!);
      if (bytes[at]! < most) {
        link.slab[link.reserve(60)] = bytes[at]! + 1;
        link.commit(60);
        link.flush();
      }
      depth--;
    };
    a.onFrame(answer(a, 20));
    b.onFrame(answer(b, 20));
    a.slab[a.reserve(60)] = 1;
    a.commit(60);
    a.flush();
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });
});

describe('poison', () => {
  test('overwrites what was lent', () => {
    const t = onPair(poison);
    let kept = new Uint8Array(0);
    t.link.onFrame((b, at, end) => {
      kept = b.subarray(at, end) as Uint8Array<ArrayBuffer>;
    });
    t.send(new Uint8Array(60).fill(1));
    expect(new Set(kept)).toEqual(new Set([0xdb]));
  });
});

describe('trace', () => {
  test('one line per frame', () => {
    const lines: string[] = [];
    const t = onPair((link) => trace(link, (line) => lines.push(line)));
    t.link.onFrame(() => {});
    const frame = Uint8Array.from([...Array(6).fill(0xff), 0x52, 0x55, 10, 0, 2, 2, 0x08, 0x06, ...Array(46).fill(0)]);
    t.send(frame);
    t.link.slab.set(frame, t.link.reserve(60));
    t.link.commit(60);
    expect(lines).toEqual([
      '< 52:55:0a:00:02:02 > ff:ff:ff:ff:ff:ff ARP 60',
      '> 52:55:0a:00:02:02 > ff:ff:ff:ff:ff:ff ARP 60',
    ]);
  });
});

describe('pcap', () => {
  test('both directions, with nanoseconds, lent bytes and the snap length', () => {
    const file: Uint8Array[] = [];
    const t = onPair((link) =>
      pcap(link, { write: (b) => file.push(b.slice()), now: () => 1_700_000_000_000_000_123n, snapLength: 64 }),
    );
    t.link.onFrame(() => {});
    t.send(new Uint8Array(60).fill(1));
    t.link.slab.fill(2, t.link.reserve(100), 30);
    t.link.commit(30, new Uint8Array(70).fill(3), 0, 70);
    const records = file.slice(1).map((b) => [new DataView(b.buffer), b] as const);
    expect(file[0]!.length).toBe(24);
    expect(records.map(([v]) => [0, 4, 8, 12].map((at) => v.getUint32(at, true)))).toEqual([
      [1_700_000_000, 123, 60, 60],
      [1_700_000_000, 123, 64, 100],
    ]);
    expect([...records[1]![1].subarray(16 + 28, 16 + 32)]).toEqual([2, 2, 3, 3]);
  });
});

describe('impair', () => {
  /** 2,000 numbered frames through a bad cable in virtual time; what arrives, in order. */
  function through(options: object): { got: number[]; counters: object; took: number } {
    let time = 0;
    const due: [number, () => void][] = [];
    const [ours, theirs] = pair({ capacity: 1 << 22 });
    let seed = 42;
    const random = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 0x1_0000_0000;
    };
    const link = impair(ours, {
      random,
      now: () => time,
      schedule: (ms, run) => due.push([time + ms, run]),
      ...options,
    });
    const got: number[] = [];
    theirs.onFrame((b, at) => got.push(b[at + 20]! * 256 + b[at + 21]!));
    for (let i = 0; i < 2_000; i++) {
      const at = link.reserve(60);
      link.slab.set([i >> 8, i & 255], at + 20);
      link.commit(60);
    }
    link.flush();
    for (due.sort((a, b) => a[0] - b[0]); due.length > 0; due.sort((a, b) => a[0] - b[0])) {
      const [at, run] = due.shift()!;
      time = at;
      run();
    }
    return { got, counters: link.counters, took: time };
  }

  test('loss and duplication happen about as often as asked, and are counted', () => {
    const { got, counters } = through({ loss: 0.1, duplicate: 0.05 });
    expect(got.length).toBeGreaterThan(1_800);
    expect(got.length).toBeLessThan(1_990);
    expect(counters).toMatchObject({ passed: got.length, lost: 2_000 - new Set(got).size });
  });

  test('delay keeps the order; jitter and reordering do not; nothing is lost', () => {
    const plain = through({ delay: 50 });
    expect([plain.took, plain.got]).toEqual([50, Array.from({ length: 2_000 }, (_, i) => i)]);
    for (const options of [
      { delay: 50, jitter: 10 },
      { delay: 50, reorder: 0.1 },
    ]) {
      const { got } = through(options);
      expect(got).not.toEqual(plain.got);
      expect(got.toSorted((a, b) => a - b)).toEqual(plain.got);
    }
  });

  test('what is under way is bounded', () => {
    expect(through({ delay: 50, limit: 100 }).got).toHaveLength(100);
  });
});
