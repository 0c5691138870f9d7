// What is to be simulated, and which world of it comes when.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { KINDS, type Kind } from './worlds.ts';

export interface Plan {
  /** Of the first world; the following ones count on. */
  readonly seed: number;
  /** At least so many, if nothing fails. */
  readonly packets: number;
  readonly workers: number;
  /** Names of KINDS, each of which has every seed. */
  readonly guests: readonly string[];
}

const NAMES = KINDS.map(({ name }) => name);

export const USAGE = `npm run sim -- [--seed N] [--packets N] [--guest ${NAMES.join('|')}] [--workers N]

Draws worlds from seeds, --seed and the ones after it, until --packets have gone over their cables, and says which seed is to
blame when anything does not hold. --guest: one that is scripted, or the engine itself at the other end; both, if it is left out.`;

/** Throws a TypeError of one line for what cannot be. */
export function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      packets: { type: 'string', default: '1e6' },
      workers: { type: 'string', default: String(availableParallelism()) },
      guest: { type: 'string' },
    },
  });
  const { guest } = values;
  if (guest !== undefined && !NAMES.includes(guest))
    throw new TypeError(`--guest: '${guest}' is not ${NAMES.join(' or ')}`);
  return {
    seed: whole('seed', values.seed, 0, 2 ** 31 - 1),
    packets: whole('packets', values.packets, 1, Number.MAX_SAFE_INTEGER),
    workers: whole('workers', values.workers, 1, 256),
    guests: guest === undefined ? NAMES : [guest],
  };
}

/** The `world`-th: every kind has every seed. */
export function placeOf({ seed, guests }: Plan, world: number): { readonly seed: number; readonly kind: Kind } {
  const name = guests[world % guests.length];
  const kind = KINDS.find((one) => one.name === name)!;
  return { seed: seed + Math.floor(world / guests.length), kind };
}

/** What brings that world back, and no other. */
export function again(plan: Plan, world: number): string {
  const { seed, kind } = placeOf(plan, world);
  return `npm run sim -- --guest ${kind.name} --seed ${seed} --packets 1 --workers 1`;
}

function whole(name: string, text: string, least: number, most: number): number {
  const n = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(n) && n >= least && n <= most) return n;
  throw new TypeError(`--${name}: '${text}' is not a whole number from ${least} to ${most}`);
}
