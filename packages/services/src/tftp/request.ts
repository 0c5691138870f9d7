// What a guest asks for, and what it is granted: RFC 2347 lets a server grant less than was asked, or leave an option out.
import type { Query } from '@reslirp/stack/service';
import * as Tftp from '@reslirp/wire/tftp';

/** Blocks that are sent without waiting, and their bytes: as much as half of a link's slab. */
const MOST_WINDOW = 64;
const MOST_UNDER_WAY = 1 << 16;
/** RFC 2349 */
const MOST_SECONDS = 255;
/** RFC 7440 3 */
const MOST_ASKED_WINDOW = 0xffff;

export interface Granted {
  readonly blockSize: number;
  /** Blocks. */
  readonly window: number;
  /** Milliseconds to the first repetition; null: ours to say. */
  readonly timeout: number | null;
  /** Which of them the guest named and hears of, beside tsize. */
  readonly says: { readonly blksize: boolean; readonly timeout: boolean; readonly windowsize: boolean };
  /** It wants to know the size of the file. */
  readonly tsize: boolean;
}

/** `largest`: a block that needs no fragments. The request has passed check(). */
export function grant({ b, at, end }: Query, largest: number): Granted {
  const blksize = within(b, at, end, 'blksize', Tftp.MIN_BLOCK_SIZE, Number.MAX_SAFE_INTEGER);
  const seconds = within(b, at, end, 'timeout', 1, MOST_SECONDS);
  const windowsize = within(b, at, end, 'windowsize', 1, MOST_ASKED_WINDOW);
  const blockSize = blksize === null ? Tftp.BLOCK_SIZE : Math.min(blksize, largest);
  const room = Math.max(1, Math.floor(MOST_UNDER_WAY / blockSize));
  return {
    blockSize,
    window: Math.min(windowsize ?? 1, MOST_WINDOW, room),
    timeout: seconds === null ? null : seconds * 1_000,
    says: { blksize: blksize !== null, timeout: seconds !== null, windowsize: windowsize !== null },
    tsize: within(b, at, end, 'tsize', 0, 0) !== null,
  };
}

/** Writes the OACK, `size` null where it is not known. Returns its end; `at` when there is nothing to agree on. */
export function emitGranted(b: Uint8Array, at: number, end: number, granted: Granted, size: number | null): number {
  const { says, blockSize, window, timeout } = granted;
  const start = Tftp.emitOptions(b, at);
  let next = start;
  if (says.blksize) next = Tftp.emitOption(b, next, end, 'blksize', blockSize);
  if (says.timeout && timeout !== null) next = Tftp.emitOption(b, next, end, 'timeout', timeout / 1_000);
  if (granted.tsize && size !== null) next = Tftp.emitOption(b, next, end, 'tsize', size);
  if (says.windowsize) next = Tftp.emitOption(b, next, end, 'windowsize', window);
  return next === start ? at : next;
}

/** Null: the option is not there, or its value makes no sense, which is as if it were not. */
function within(b: Uint8Array, at: number, end: number, name: string, least: number, most: number): number | null {
  const p = Tftp.option(b, at, end, name);
  if (p < 0) return null;
  const value = Tftp.number(b, p, end);
  return value >= least && value <= most ? value : null;
}

/** The name that is asked for, a character for each byte. */
export function nameOf({ b, at, end }: Query): string {
  const start = Tftp.nameAt(at);
  const stop = Tftp.textEnd(b, start, end);
  let name = '';
  for (let p = start; p < stop; p++) name += String.fromCharCode(b[p] ?? 0);
  return name;
}
