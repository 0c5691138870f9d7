// Frames in a buffer that goes on behind them, for as long as any length field can claim: what is there must never be seen again.
import { Drop } from '../../src/index.ts';
import type { Rig } from '../rig.ts';

/** What lies around every frame here. The slabs of the rig are filled with the same. */
export const POISON = 0xdb;
const BEFORE = 64;
const BEHIND = 0x1_0000 + 64;
/** So many in a row are no accident. */
const TELLING = 4;

/** The name of what became of the frame. */
export function attack(rig: Rig, frame: Uint8Array, trusted: boolean = false): string {
  const lent = new Uint8Array(BEFORE + frame.length + BEHIND).fill(POISON);
  lent.set(frame, BEFORE);
  const why = rig.stack.input(lent, BEFORE, BEFORE + frame.length, trusted, rig.now);
  lent.fill(POISON);
  return Object.keys(Drop)[why]!;
}

/** How many of the frames that were sent have memory in them that is nobody's. */
export function leaks(rig: Rig): number {
  return rig.link.sent.filter(({ bytes }) => showsPoison(bytes)).length;
}

function showsPoison(b: Uint8Array): boolean {
  let run = 0;
  for (const v of b) {
    run = v === POISON ? run + 1 : 0;
    if (run === TELLING) return true;
  }
  return false;
}
