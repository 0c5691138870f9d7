// What we have beyond RCV.NXT, and what came twice, told to the guest: RFC 2018 and RFC 2883.
import type { Flow } from './flow.ts';
import { add, distance, type Seq, within } from './seq.ts';

/** Two NOPs, kind and length, before the blocks of eight bytes each (3). */
const HEAD = 4;
const BLOCK = 8;

/** Bytes of an option with so many blocks. */
export function sackSize(blocks: number): number {
  return blocks === 0 ? 0 : HEAD + blocks * BLOCK;
}

/** [from, to) came once more: the next ACK says so, and the guest learns that it was sent in vain (RFC 2883 4). */
export function noteAgain(f: Flow, from: Seq, to: Seq): void {
  f.rcvAgain = from;
  f.rcvAgainSize = f.sack ? Math.max(0, distance(to, from)) : 0;
}

/**
 * Fills `edges` with what came twice, if anything did, the block of the segment that came last, then the others, the highest first (4). Returns how many.
 * Only ACKs without data carry them: a full segment has no room, and while there is a hole every segment is ACKed alone.
 */
export function sackBlocks(f: Flow, edges: Int32Array): number {
  const { ranges } = f.receive;
  let blocks = f.rcvAgainSize > 0 ? putAgain(f, edges) : 0;
  if (ranges === 0 || !f.sack) return blocks;
  const most = f.timestamps ? 3 : 4;
  const start = add(f.rcvNxt, -f.receive.ready);
  const newest = newestRange(f, start);
  if (newest >= 0) blocks = put(f, edges, blocks, newest, start);
  for (let i = ranges - 1; i >= 0 && blocks < most; i--) {
    if (i !== newest) blocks = put(f, edges, blocks, i, start);
  }
  return blocks;
}

/** Index of the range that the last segment is in; -1 once it is in order. */
function newestRange({ receive, rcvNewest }: Flow, start: Seq): number {
  for (let i = receive.ranges - 1; i >= 0; i--) {
    const from = receive.range(i, 0);
    if (within(rcvNewest, add(start, from), receive.range(i, 1) - from)) return i;
  }
  return -1;
}

function putAgain(f: Flow, edges: Int32Array): number {
  edges[0] = f.rcvAgain;
  edges[1] = add(f.rcvAgain, f.rcvAgainSize);
  return 1;
}

function put({ receive }: Flow, edges: Int32Array, blocks: number, range: number, start: Seq): number {
  edges[blocks * 2] = add(start, receive.range(range, 0));
  edges[blocks * 2 + 1] = add(start, receive.range(range, 1));
  return blocks + 1;
}
