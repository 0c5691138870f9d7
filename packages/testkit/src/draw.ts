// What worlds are made of, drawn by lot.
import type { Script } from './script.ts';
import type { BadCable } from './world.ts';

/** One of them. */
export type Draw = <T>(...of: readonly T[]) => T;

export function drawer(random: () => number): Draw {
  return (...of) => of[Math.floor(random() * of.length)]!;
}

/** Null: memory. */
export function drawCable(draw: Draw): BadCable | null {
  if (draw(0, 1, 2, 3, 4) === 0) return null;
  return {
    delay: draw(0, 1, 5, 20, 100, 300),
    jitter: draw(0, 0, 0, 3, 40),
    loss: draw(0, 0, 0.005, 0.02, 0.1),
    reorder: draw(0, 0, 0.02, 0.05),
    duplicate: draw(0, 0, 0.02),
    corrupt: draw(0, 0, 0, 0.01),
  };
}

export function drawScript(draw: Draw): Script {
  const kind = draw('plain', 'plain', 'plain', 'stalls', 'bites', 'resets', 'refuses', 'late');
  const script: Script = { send: draw(0, 1, 10_000, 100_000, 300_000), endAfterGuest: draw(true, false) };
  if (kind === 'stalls') return { ...script, stallFor: 60_000 };
  if (kind === 'bites') return { ...script, bite: 1_000 };
  if (kind === 'resets') return { ...script, resetAfter: 5_000 };
  if (kind === 'refuses') return { refuse: 0 };
  return kind === 'late' ? { ...script, after: 5_000 } : script;
}
