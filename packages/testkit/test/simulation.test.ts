// Some worlds drawn from their seeds. `npm run sim` looks further; a failure names the seed that brings it back at once.
import { expect, test } from 'vitest';
import { encounter, episode } from '../src/index.ts';

const WORLDS = 15;

test.each([
  ['a scripted guest', episode],
  ['the engine at both ends', encounter],
])(
  `${WORLDS} worlds of %s: every byte once and in order, every flow to its end, nothing left`,
  (_, play) => {
    for (let seed = 1; seed <= WORLDS; seed++) expect(play(seed).packets).toBeGreaterThan(0);
  },
  3_600_000,
);

test('the window closes over what is lost, on a cable without delay: the timer alone asks for it', () => {
  expect(episode(903).packets).toBeLessThan(20_000); // else each answer is the next question, for ever
});

test('the same seed is the same encounter', () => {
  expect(encounter(3)).toEqual(encounter(3));
  expect(encounter(3)).not.toEqual(encounter(4));
});
