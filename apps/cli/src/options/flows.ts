// How long flows live that nothing is heard of.
import { number } from '../values.ts';
import { into, type Option } from './option.ts';

export interface FlowChoices {
  /** Seconds. */
  tcpKeepalive?: number;
  udpTimeout?: number;
}

const DAY = 86_400;

export const FLOW_OPTIONS: readonly Option[] = [
  {
    group: 'Flows',
    long: 'tcp-keepalive',
    value: 'SECONDS',
    help: 'silence after which a guest is asked if it is there; 0: never',
    default: '7200',
    ...into('tcpKeepalive', number(0, 30 * DAY)),
  },
  {
    group: 'Flows',
    long: 'udp-timeout',
    value: 'SECONDS',
    help: "silence after which a guest's UDP port loses its socket",
    default: '240',
    ...into('udpTimeout', number(1, DAY)),
  },
];
