// The API to the running program.
import { type Place, parsePlace } from '@reslirp/transport-stream/place';
import { FILE, type Kind } from '../values.ts';
import { into, type Option } from './option.ts';

export interface ControlChoices {
  api?: Place;
  apiTokenFile?: string;
}

/** A path is one by its slash; without, it would be taken for a name of a host that lacks its port. */
const API: Kind<Place> = {
  accepts: 'a place such as /run/user/1000/reslirp.sock, unix:api.sock, 8080 or [::1]:8080',
  read: (text) => parsePlace(text.includes('/') && !text.startsWith('unix:') ? `unix:${text}` : text),
};

export const CONTROL_OPTIONS: readonly Option[] = [
  {
    group: 'Control',
    long: 'api',
    value: 'WHERE',
    help: 'an API to the running program, at PATH or [HOST:]PORT of loopback',
    ...into('api', API),
  },
  {
    group: 'Control',
    long: 'api-token-file',
    value: 'FILE',
    help: 'its clients must know the first line; a port needs one',
    ...into('apiTokenFile', FILE),
  },
];
