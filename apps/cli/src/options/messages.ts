// What the program says, and what it says instead of working.
import { Level } from '@reslirp/runtime';
import type { Layer } from '@reslirp/wire/print';
import { LAYER_LIST } from '../layer-list.ts';
import { number } from '../values.ts';
import { appendAll, type Option } from './option.ts';

const LEVEL = number(Level.ERROR, Level.TRACE);

export interface MessageChoices {
  level?: Level;
  dump?: readonly Layer[];
  instead?: 'help' | 'version';
}

export const MESSAGE_OPTIONS: readonly Option[] = [
  {
    group: 'Messages',
    short: 'd',
    long: 'debug',
    value: 'LEVEL',
    optional: true,
    help: '0 errors, 1 warnings, 2 info, 3 flows, 4 all; alone: one more',
    accepts: LEVEL.accepts,
    default: '1',
    take(choices, text) {
      const level = text === '' ? Math.min(Level.TRACE, (choices.level ?? Level.WARN) + 1) : LEVEL.read(text);
      if (level === null) return false;
      choices.level = level as Level;
      return true;
    },
  },
  {
    group: 'Messages',
    short: 'q',
    long: 'quiet',
    help: 'no messages at all',
    take(choices) {
      choices.level = Level.NONE;
      return true;
    },
  },
  {
    group: 'Messages',
    short: 'D',
    long: 'dump',
    value: 'LIST',
    help: 'frames as text: all, or of them ether,ip,dhcp,dns and their like',
    ...appendAll('dump', LAYER_LIST),
  },
  { group: 'Messages', short: '?', long: 'help', help: 'print this, and exit', ...instead('help') },
  { group: 'Messages', long: 'version', help: 'print the version, and exit', ...instead('version') },
];

function instead(what: 'help' | 'version'): Pick<Option, 'take'> {
  return {
    take(choices) {
      choices.instead = what;
      return true;
    },
  };
}
