// What every link must hold to, as cases that any test runner can run:
//
//   for (const { name, run } of linkContract(make)) test(name, run);
import type { Link } from './link.ts';

/** A link, and the far end of its cable in the hand of the test. */
export interface LinkUnderTest {
  readonly link: Link;
  /** Frames that have arrived at the far end, in order; padding after them is allowed. */
  readonly arrived: readonly Uint8Array[];
  /** A frame from the far end. */
  send(frame: Uint8Array): void;
  /** The far end closes its side. */
  hangUp(): void;
  /** Everything under way has arrived when it returns. */
  settle(): void | Promise<void>;
}

export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

/** `make`: a new link for each case, whose far end takes everything. */
export function linkContract(make: () => LinkUnderTest | Promise<LinkUnderTest>): ContractCase[] {
  return CASES.map(([name, body]) => ({ name, run: async () => body(await make()) }));
}

type Body = (t: LinkUnderTest) => Promise<void>;

const CASES: readonly (readonly [string, Body])[] = [
  ['a frame arrives as it was committed: what was written, then what was lent', wholeFrames],
  ['lent bytes have been read when commit() returns', lentOnce],
  ['a reservation that is not committed is void', voidReservation],
  ['fewer bytes may be committed than were reserved', smaller],
  ['frames of 14 bytes and of the MTU with two headers pass', sizes],
  ['full: reserve() says -1 before anything is lost, and onRoom() follows, as often as it happens', fullAndRoom],
  ['frames of the far end reach the handler, in order', receiving],
  ['frames of the far end reach the handler while the link is full', fullAndReceiving],
  ['a frame comes as a plain Uint8Array, and is trusted only where the link completes checksums', plainAndTrusted],
  ['no handler is called from within reserve() or commit()', noReentrance],
  ['the far end hangs up: onEnd(null), once, after the last frame', hangingUp],
  ['closed: nothing more is taken, and what was flushed has left', closing],
  ['closed: no handler is called any more', silentWhenClosed],
];

async function wholeFrames(t: LinkUnderTest): Promise<void> {
  const lent = pattern(900, 7);
  for (let i = 0; i < 20; i++) put(t.link, pattern(60 + i, i), lent, i, 800 + i);
  t.link.flush();
  await t.settle();
  same(t.arrived.length, 20, 'frames');
  for (let i = 0; i < 20; i++) {
    const expected = new Uint8Array([...pattern(60 + i, i), ...lent.subarray(i, 800 + i)]);
    sameFrame(t.arrived[i]!, expected, `frame ${i}`);
  }
}

async function lentOnce(t: LinkUnderTest): Promise<void> {
  const lent = pattern(500, 3);
  const before = lent.slice();
  put(t.link, pattern(60, 1), lent, 0, 500);
  lent.fill(0xee);
  t.link.flush();
  await t.settle();
  sameFrame(t.arrived[0]!, new Uint8Array([...pattern(60, 1), ...before]), 'frame');
}

async function voidReservation(t: LinkUnderTest): Promise<void> {
  t.link.reserve(1_000);
  put(t.link, pattern(60, 2));
  t.link.reserve(100);
  t.link.flush();
  t.link.flush();
  await t.settle();
  same(t.arrived.length, 1, 'frames');
  sameFrame(t.arrived[0]!, pattern(60, 2), 'frame');
}

async function smaller(t: LinkUnderTest): Promise<void> {
  const at = t.link.reserve(1_000);
  t.link.slab.set(pattern(64, 5), at);
  t.link.commit(64);
  put(t.link, pattern(64, 6));
  t.link.flush();
  await t.settle();
  sameFrame(t.arrived[0]!, pattern(64, 5), 'first frame');
  sameFrame(t.arrived[1]!, pattern(64, 6), 'second frame');
}

async function sizes(t: LinkUnderTest): Promise<void> {
  const most = pattern(t.link.mtu + 18, 4);
  put(t.link, pattern(14, 9));
  put(t.link, most);
  t.link.flush();
  await t.settle();
  sameFrame(t.arrived[0]!, pattern(14, 9), 'shortest');
  sameFrame(t.arrived[1]!, most, 'longest');
}

/** Enough for any link that has a bound. */
const MANY = 20_000;

/** Sends frames until there is no room. */
function fill(link: Link): number {
  const frame = pattern(link.mtu, 0);
  for (let sent = 0; sent < MANY; sent++) if (!put(link, frame)) return sent;
  throw new Error(`${MANY} frames were taken without a flush(): a link does not queue without end`);
}

async function fullAndRoom(t: LinkUnderTest): Promise<void> {
  let rooms = 0;
  t.link.onRoom(() => rooms++);
  let sent = 0;
  for (let round = 1; round <= 3; round++) {
    sent += fill(t.link);
    same(rooms, round - 1, 'calls of onRoom() while full');
    t.link.flush();
    await t.settle();
    same(t.arrived.length, sent, 'frames');
    same(rooms, round, 'calls of onRoom()');
  }
  sameFrame(t.arrived[sent - 1]!, pattern(t.link.mtu, 0), 'last frame');
}

async function receiving(t: LinkUnderTest): Promise<void> {
  const got: Uint8Array[] = [];
  t.link.onFrame((b, at, end) => got.push(b.slice(at, end)));
  for (let i = 0; i < 50; i++) t.send(pattern(60 + i * 2, i));
  await t.settle();
  same(got.length, 50, 'frames');
  for (let i = 0; i < 50; i++) sameFrame(got[i]!, pattern(60 + i * 2, i), `frame ${i}`);
}

async function fullAndReceiving(t: LinkUnderTest): Promise<void> {
  let got = 0;
  t.link.onFrame(() => got++);
  fill(t.link);
  for (let i = 0; i < 50; i++) t.send(pattern(60, i));
  await t.settle();
  same(got, 50, 'frames');
}

async function plainAndTrusted(t: LinkUnderTest): Promise<void> {
  const { checksum } = t.link.offload;
  let got = 0;
  t.link.onFrame((b, _at, _end, trusted) => {
    got++;
    same(Object.getPrototypeOf(b), Uint8Array.prototype, 'prototype of the bytes');
    same(typeof trusted, 'boolean', 'trusted');
    if (trusted) same(checksum, true, 'checksums completed by a link with trusted frames');
  });
  t.send(pattern(60, 1));
  await t.settle();
  same(got, 1, 'frames');
}

async function noReentrance(t: LinkUnderTest): Promise<void> {
  let inside = false;
  let calls = 0;
  const check = (): void => {
    calls++;
    same(inside, false, 'called from within');
  };
  t.link.onFrame(check);
  t.link.onRoom(check);
  for (let i = 0; i < 50; i++) {
    t.send(pattern(60, i));
    inside = true;
    put(t.link, pattern(60, i));
    inside = false;
    t.link.flush();
  }
  inside = true;
  fill(t.link);
  inside = false;
  t.link.flush();
  await t.settle();
  same(calls, 51, 'frames, and once room');
}

async function hangingUp(t: LinkUnderTest): Promise<void> {
  const seen: string[] = [];
  t.link.onFrame(() => seen.push('frame'));
  t.link.onEnd((error) => seen.push(error === null ? 'end' : error.message));
  t.send(pattern(60, 1));
  t.hangUp();
  await t.settle();
  t.hangUp();
  await t.settle();
  same(seen.join(), 'frame,end', 'events');
}

async function closing(t: LinkUnderTest): Promise<void> {
  put(t.link, pattern(60, 1));
  t.link.flush();
  t.link.close();
  t.link.close();
  same(t.link.reserve(60), -1, 'reserve() after close()');
  t.link.flush();
  await t.settle();
  same(t.arrived.length, 1, 'frames');
}

async function silentWhenClosed(t: LinkUnderTest): Promise<void> {
  const seen: string[] = [];
  t.link.onFrame(() => seen.push('frame'));
  t.link.onRoom(() => seen.push('room'));
  t.link.onEnd(() => seen.push('end'));
  fill(t.link);
  t.link.close();
  t.send(pattern(60, 1));
  await t.settle();
  t.hangUp();
  await t.settle();
  same(seen.join(), '', 'events');
}

/** Bytes that tell one frame from another. */
function pattern(size: number, seed: number): Uint8Array {
  const b = new Uint8Array(size);
  for (let i = 0; i < size; i++) b[i] = i * 7 + seed * 131 + (i >> 8);
  return b;
}

function put(link: Link, head: Uint8Array, lent: Uint8Array | null = null, from: number = 0, to: number = 0): boolean {
  const at = link.reserve(head.length + to - from);
  if (at < 0) return false;
  link.slab.set(head, at);
  link.commit(head.length, lent, from, to);
  return true;
}

function same<T>(actual: T, expected: T, what: string): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
}

/** Zeros may follow: Ethernet pads. */
function sameFrame(actual: Uint8Array, expected: Uint8Array, what: string): void {
  const differs = actual.findIndex((byte, i) => byte !== (expected[i] ?? 0));
  if (differs >= 0 || actual.length < expected.length) {
    throw new Error(
      `${what}: ${actual.length} bytes instead of ${expected.length}, the first difference at ${differs}`,
    );
  }
}
