// How long flows live that nothing is heard of, and what addresses they leave from.
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { UDP_FILTERINGS, type UdpFiltering } from '@reslirp/stack';
import { type Kind, number } from '../values.ts';
import { into, type Option } from './option.ts';

export interface FlowChoices {
  /** Seconds. */
  connectTimeout?: number;
  tcpKeepalive?: number;
  udpTimeout?: number;
  udpFiltering?: UdpFiltering;
  outbound4?: string;
  outbound6?: string;
}

const DAY = 86_400;

const FILTERING: Kind<UdpFiltering> = {
  accepts: `one of ${UDP_FILTERINGS.join(', ')}`,
  read: (text) => UDP_FILTERINGS.find((one) => one === text) ?? null,
};

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
    long: 'connect-timeout',
    value: 'SEC',
    help: 'seconds that a TCP connection may take to be made',
    default: '75',
    ...into('connectTimeout', number(1, 600)),
  },
  {
    group: 'Flows',
    long: 'udp-timeout',
    value: 'SECONDS',
    help: "silence after which a guest's UDP port loses its socket",
    default: '240',
    ...into('udpTimeout', number(1, DAY)),
  },
  {
    group: 'Flows',
    long: 'udp-filtering',
    value: 'KIND',
    help: "whom that port hears, in RFC 4787's words",
    default: 'endpoint-independent',
    ...into('udpFiltering', FILTERING),
  },
  {
    group: 'Flows',
    long: 'outbound-addr',
    value: 'ADDR',
    help: 'the IPv4 address, or interface, that connections leave from',
    ...into('outbound4', outbound(4)),
  },
  {
    group: 'Flows',
    long: 'outbound-addr6',
    value: 'ADDR6',
    help: 'the same for IPv6',
    ...into('outbound6', outbound(6)),
  },
];

/** An address of this machine, or the first one of an interface that can be left from. */
function outbound(family: 4 | 6): Kind<string> {
  return {
    accepts: `an IPv${family} address, or an interface of this machine that has one`,
    read(text) {
      if (isIP(text) === family) return text.includes('%') ? null : text;
      const all = networkInterfaces()[text] ?? [];
      return all.find((one) => one.family === `IPv${family}` && !/^fe[89ab]/i.test(one.address))?.address ?? null;
    },
  };
}
