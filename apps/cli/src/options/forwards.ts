// Ways into the network, and ways out of it to one place.
import { GUESTFWD, type GuestForwardValue, HOSTFWD, type HostForwardValue } from '../values.ts';
import { append, appendAll, type Option } from './option.ts';

export interface ForwardChoices {
  hostForwards?: readonly HostForwardValue[];
  guestForwards?: readonly GuestForwardValue[];
}

export const FORWARD_OPTIONS: readonly Option[] = [
  {
    group: 'Forwards',
    long: 'hostfwd',
    value: 'FORWARD',
    help: 'to the guest: [tcp|udp]:[ADDR]:PORT-[ADDR]:PORT, unix:PATH-:PORT',
    ...appendAll('hostForwards', HOSTFWD),
  },
  {
    group: 'Forwards',
    long: 'guestfwd',
    value: 'FORWARD',
    help: 'from inside: tcp:[ADDR]:PORT-tcp:ADDR:PORT, -unix:PATH, -cmd:LINE',
    ...append('guestForwards', GUESTFWD),
  },
];
