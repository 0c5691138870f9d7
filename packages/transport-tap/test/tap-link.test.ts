import { serve } from '@reslirp/host-linux';
import { Cut, type Unfinished } from '@reslirp/link';
import { linkContract } from '@reslirp/link/contract';
import { Level, Loop, libc, setOption } from '@reslirp/syscall';
import { finish, sum } from '@reslirp/wire/checksum';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDescriptors, pipe } from '../../syscall/test/descriptors.ts';
import type { Tap } from '../src/index.ts';
import { TapBench } from './tap-bench.ts';

let loop: Loop;
const benches: TapBench[] = [];
beforeEach(() => {
  loop = new Loop();
});
afterEach(() => {
  for (const bench of benches.splice(0)) bench.release();
  loop.dispose();
});

function bench(...rest: [Tap['offload']?, number?, number?]): TapBench {
  const [offload = 'segments', ...sizes] = rest;
  const made = new TapBench(loop, offload, ...sizes);
  benches.push(made);
  return made;
}

const numbered = (size: number, seed: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => i * 7 + seed);

/** SO_SNDBUF */
const SEND_BUFFER = 7;
/** A TAP is never full: the kernel takes a frame, or drops it. These cases fill it first. */
const FILLING = [
  'full: reserve() says -1 before anything is lost, and onRoom() follows, as often as it happens',
  'frames of the far end reach the handler while the link is full',
  'no handler is called from within reserve() or commit()',
  'closed: no handler is called any more',
];

describe.each([
  ['datagrams', () => bench('datagrams')],
  ['segments', () => bench('segments')],
  ['checksums', () => bench('checksums')],
  ['nothing', () => bench('none', 10)],
  ['nothing, and no header', () => bench('none', 0)],
])('left to the kernel: %s', (_, make) => {
  const cases = linkContract(make);
  test('the cases that are left out are cases', () => {
    expect(cases.map(({ name }) => name)).toEqual(expect.arrayContaining(FILLING));
  });
  for (const { name, run } of cases) if (!FILLING.includes(name)) test(name, run);

  test('closed: no handler is called any more, for what was under way either', () => {
    const t = make();
    let frames = 0;
    t.link.onFrame(() => frames++);
    t.send(numbered(60, 1));
    t.link.close();
    t.hangUp();
    t.settle();
    expect([frames, t.ends]).toEqual([0, []]);
  });
});

describe('what leaves', () => {
  test('is one message: header, what was written, what was lent', () => {
    const t = bench('segments');
    const unfinished: Unfinished = { sumFrom: 34, sumField: 16, cut: Cut.TCP4, mss: 1_448 };
    const at = t.link.reserve(50_054);
    t.link.slab.set(numbered(54, 1), at);
    t.link.commit(54, numbered(50_010, 2), 10, 50_010, unfinished);
    const header = [1, 1, 54, 0, 0xa8, 5, 34, 0, 16, 0];
    expect(t.hear()).toEqual(Uint8Array.from([...header, ...numbered(54, 1), ...numbered(50_010, 2).subarray(10)]));
  });

  test('has a clean header after one that left something to be done', () => {
    const t = bench('checksums');
    for (const unfinished of [{ sumFrom: 34, sumField: 6, cut: Cut.NO, mss: 0 }, null]) {
      t.link.slab.set(numbered(60, 1), t.link.reserve(60));
      t.link.commit(60, null, 0, 0, unfinished);
    }
    t.hear();
    expect(t.hear()!.subarray(0, 10)).toEqual(new Uint8Array(10));
  });

  test('is lost and counted when there is no room; the link lives on', () => {
    const t = bench('none');
    for (let i = 0; i < 2_000 && t.link.counters.lost === 0; i++) {
      t.link.slab.set(numbered(1_514, i), t.link.reserve(1_514));
      t.link.commit(1_514);
    }
    expect(t.link.counters.lost).toBe(1);
    t.settle();
    t.link.slab.set(numbered(60, 1), t.link.reserve(60));
    t.link.commit(60);
    t.settle();
    expect(t.arrived.at(-1)).toEqual(numbered(60, 1));
    expect(t.ends).toEqual([]);
  });

  test('is lost and counted when the other end cannot take a frame of that length; the link lives on', () => {
    const t = bench('none', 0, 65_520);
    setOption(t.fd, Level.SOCKET, SEND_BUFFER, 4_608);
    for (const size of [60_000, 60]) {
      t.link.slab.set(numbered(size, 1), t.link.reserve(size));
      t.link.commit(size);
    }
    t.settle();
    expect([t.arrived, t.link.counters.lost, t.ends]).toEqual([[numbered(60, 1)], 1, []]);
  });

  test('longer than any frame is not taken', () => {
    const t = bench('none');
    expect(t.link.reserve(65_535 + 19)).toBe(-1);
    expect(t.link.reserve(65_535 + 18)).toBeGreaterThanOrEqual(0);
  });
});

describe('the end', () => {
  test('the other end is gone when a frame leaves: told in the next turn, once, and all is closed', () => {
    const before = openDescriptors();
    const t = bench('none');
    t.hangUp();
    t.link.slab.set(numbered(60, 1), t.link.reserve(60));
    t.link.commit(60);
    expect(t.ends).toEqual([]);
    t.settle();
    expect(t.ends).toEqual(['the TAP is gone: EPIPE']);
    expect(t.link.reserve(60)).toBe(-1);
    expect(openDescriptors()).toBe(before);
  });

  test('closed between the fault and its turn: nothing is told', () => {
    const t = bench('none');
    t.hangUp();
    t.link.reserve(60);
    t.link.commit(60);
    t.link.close();
    t.settle();
    expect(t.ends).toEqual([]);
  });

  test('close() from within a handler: the frame is the last, and nobody else’s bytes are read', () => {
    const t = bench('none');
    let frames = 0;
    const made: number[][] = [];
    t.link.onFrame(() => {
      frames++;
      t.link.close();
      made.push(pipe(), pipe()); // one of them has the number of the TAP
    });
    for (let i = 0; i < 3; i++) t.send(numbered(60, i));
    t.settle();
    expect(frames).toBe(1);
    for (const fd of made.flat()) libc.close(fd);
  });

  test('frames that were sent before the other end went are heard first', () => {
    const t = bench('segments');
    const seen: string[] = [];
    t.link.onFrame(() => seen.push('frame'));
    t.link.onEnd((error) => seen.push(String(error)));
    for (let i = 0; i < 200; i++) t.send(numbered(60, i)); // several turns of it
    t.hangUp();
    for (let i = 0; i < 10; i++) t.settle();
    expect(seen).toEqual([...Array(200).fill('frame'), 'null']);
  });
});

/** A header and `size` bytes. */
function message(header: readonly number[], size: number): Uint8Array {
  const b = new Uint8Array(10 + size).fill(0x5a);
  for (const [i, n] of header.entries()) new DataView(b.buffer).setUint16(2 * i, n, true);
  return b;
}

describe('hostile messages are dropped and counted', () => {
  const HOSTILE: readonly (readonly [string, Uint8Array])[] = [
    ['no frame', message([], 0)],
    ['less than a header', new Uint8Array(9)],
    ['a byte', Uint8Array.of(0)],
    ['UFO', message([0x0301, 54, 1_448, 34, 16], 100)],
    ['USO', message([0x0501, 42, 1_448, 34, 6], 100)],
    ['a kind that is none', message([0x6601, 54, 1_448, 34, 16], 100)],
    ['headers beyond the end', message([0x0101, 101, 1_448, 34, 16], 100)],
    ['segments of nothing', message([0x0101, 54, 0, 34, 16], 100)],
    ['a sum beyond the end', message([0x0001, 0, 0, 90, 16], 100)],
    ['a sum beyond all ends', message([0x0001, 0, 0, 0xffff, 0xffff], 100)],
    ['TSO with the sum of UDP', message([0x0101, 42, 1_448, 34, 6], 100)],
    ['a frame that is too long', message([], 65_535 + 19)],
  ];

  test.each(HOSTILE)('%s; what comes after it is heard', (_, hostile) => {
    const t = bench();
    const sizes: number[] = [];
    t.link.onFrame((_b, at, end) => sizes.push(end - at));
    expect(t.say(hostile)).toBe(hostile.length);
    t.send(numbered(60, 1));
    t.settle();
    expect([sizes, t.link.counters, t.ends]).toEqual([[60], { lost: 0, malformed: 1 }, []]);
  });

  test('the longest frame is none of them', () => {
    const t = bench();
    const sizes: number[] = [];
    t.link.onFrame((_b, at, end) => sizes.push(end - at));
    t.say(message([0x0101, 54, 1_448, 34, 16], 65_535 + 18));
    t.settle();
    expect([sizes, t.link.counters.malformed]).toEqual([[65_553], 0]);
  });

  test('without headers only what is too long is one', () => {
    const t = bench('none');
    const sizes: number[] = [];
    t.link.onFrame((_b, at, end) => sizes.push(end - at));
    for (const size of [1, 9, 65_553, 65_554]) t.say(numbered(size, 1));
    t.settle();
    expect([sizes, t.link.counters.malformed]).toEqual([[1, 9, 65_553], 1]);
  });

  test('of any messages each is one frame, or counted; no handler sees a byte beyond what came', () => {
    const header = fc.tuple(
      fc.constantFrom(0, 1, 2, 3, 0xff),
      fc.constantFrom(0, 1, 3, 4, 5, 0x81, 0xff),
      ...Array.from({ length: 4 }, () => fc.oneof(fc.nat(200), fc.nat(0xffff))),
    );
    const sound = fc.tuple(header, fc.nat(200)).map(([[flags, kind, ...words], size]) => {
      return message([flags | (kind << 8), ...words], size);
    });
    const any = fc.oneof(sound, fc.uint8Array({ minLength: 1, maxLength: 80 }));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 30 }), (messages) => {
        const t = bench();
        const heard: Uint8Array[] = [];
        t.link.onFrame((b, at, end) => {
          expect(at).toBeLessThan(end);
          heard.push(b.slice(at, end));
        });
        for (const each of messages) t.say(each);
        t.settle();
        const { malformed } = t.link.counters;
        expect(heard.length + malformed).toBe(messages.length);
        let i = 0;
        for (const each of messages) if (heard[i]?.length === each.length - 10) i++;
        expect(i).toBe(heard.length);
        t.release();
      }),
      { numRuns: 300 },
    );
  });
});

describe('a network behind it', () => {
  const ETHER = [0x52, 0x55, 10, 0, 2, 2, 2, 0, 0, 0, 0, 1];
  const ARP = [
    ...[255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6],
    ...[0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2],
  ];
  /** IPv4 of `protocol` from the guest to its gateway, and rubbish behind it. */
  const packet = (protocol: number, length: number, rest: Uint8Array): number[] => [
    ...ETHER,
    ...[8, 0, 0x45, 0, length >> 8, length & 255, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2],
    ...rest,
  ];

  test('outlives whatever headers speak of whatever frames, and still answers', () => {
    const t = bench();
    const config = { network: '10.0.2.0/24', hostLoopback: false }; // the rubbish is for nobody on this machine
    const network = serve({ loop, link: t.link, config, random: () => 0.5 });
    const words = fc.tuple(...Array.from({ length: 4 }, () => fc.oneof(fc.nat(120), fc.nat(0xffff))));
    const flagsAndKind = fc.constantFrom(0, 1, 2, 0x0101, 0x0401, 0x0100, 0x8101, 0x0501, 0xffff);
    const frame = fc
      .tuple(fc.constantFrom(1, 6, 17, 255), fc.oneof(fc.nat(200), fc.nat(0xffff)), fc.uint8Array({ maxLength: 150 }))
      .map(([protocol, length, rest]) => sealed(packet(protocol, length, rest)));
    fc.assert(
      fc.property(flagsAndKind, words, frame, (first, others, b) => {
        const hostile = message([first, ...others], b.length);
        hostile.set(b, 10);
        t.say(hostile);
        loop.turn(0);
        while (t.hear() !== null);
      }),
      { numRuns: 3_000, seed: 7 }, // the same each time: what follows counts what it met
    );
    expect(t.link.counters.malformed).toBeGreaterThan(100);
    expect(Object.keys(network.stack.stats())).toEqual(expect.arrayContaining(['UDP_MALFORMED', 'TCP_MALFORMED']));
    t.send(Uint8Array.from(ARP));
    t.settle();
    expect(t.arrived.at(-1)?.[21]).toBe(2);
    expect(t.ends).toEqual([]);
    network.close();
  });
});

/** With a right checksum in the IPv4 header, so that what is behind it is looked at. */
function sealed(frame: readonly number[]): Uint8Array {
  const b = Uint8Array.from(frame);
  const value = finish(sum(b, 14, 34));
  b.set([value >> 8, value & 255], 24);
  return b;
}

test('close() twice closes once', () => {
  const t = bench('none');
  t.link.close();
  const made = [pipe(), pipe()].flat(); // one of them has the number of the TAP
  t.link.close();
  expect(made.map((fd) => libc.close(fd))).toEqual([0, 0, 0, 0]);
});
