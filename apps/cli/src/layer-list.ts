// What --dump shows: names of layers, and two names that stand for several.
import { LAYERS, type Layer } from '@reslirp/wire/print';
import type { Kind } from './values.ts';

const NAMES: ReadonlyMap<string, readonly Layer[]> = new Map<string, readonly Layer[]>([
  ['all', LAYERS],
  ['ip', ['ipv4', 'ipv6']],
  ...LAYERS.map((layer) => [layer, [layer]] as [string, readonly Layer[]]),
]);

export const LAYER_LIST: Kind<readonly Layer[]> = {
  accepts: `a list of ${[...NAMES.keys()].join(', ')}`,
  read(text) {
    const layers: Layer[] = [];
    for (const name of text.split(',')) {
      const meant = NAMES.get(name);
      if (meant === undefined) return null;
      layers.push(...meant);
    }
    return layers;
  },
};
