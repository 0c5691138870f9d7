// The kinds of worlds that are simulated. Each plays one that it draws from a seed, and throws when anything does not hold.
import { type Episode, encounter, episode } from '@reslirp/testkit';

export interface Kind {
  readonly name: string;
  readonly play: (seed: number) => Episode;
}

export const KINDS: readonly Kind[] = [
  { name: 'scripted', play: episode },
  { name: 'engine', play: encounter },
];
