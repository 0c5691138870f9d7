// Where guests may go, and whose sockets they go by.
import type { Rule } from '@reslirp/stack';
import { HOST, type HostKind, RULE } from '../values.ts';
import { flag, into, type Option } from './option.ts';

export interface PolicyChoices {
  rules?: readonly Rule[];
  disableHostLoopback?: boolean;
  restricted?: boolean;
  emulate?: boolean;
  host?: HostKind;
}

export const POLICY_OPTIONS: readonly Option[] = [
  {
    group: 'Policy',
    long: 'restricted',
    help: 'nothing of the guest leaves the virtual network',
    ...flag('restricted'),
  },
  {
    group: 'Policy',
    long: 'disable-host-loopback',
    help: "the gateway address does not reach this host's 127.0.0.1",
    ...flag('disableHostLoopback'),
  },
  {
    group: 'Policy',
    long: 'allow',
    value: 'RULE',
    help: 'guests may go to [tcp:|udp:|icmp:]NETWORK[:PORT[-PORT]]',
    ...rule('allow'),
  },
  {
    group: 'Policy',
    long: 'deny',
    value: 'RULE',
    help: 'they may not; NETWORK: private, link-local, multicast, any too',
    ...rule('deny'),
  },
  {
    group: 'Policy',
    long: 'enable-emu',
    help: 'gateways for protocols that name addresses: FTP, IRC DCC, ident',
    ...flag('emulate'),
  },
  {
    group: 'Policy',
    long: 'host',
    value: 'KIND',
    help: 'whose sockets and loop: linux, node, or auto, the faster',
    default: 'auto',
    ...into('host', HOST),
  },
];

function rule(action: Rule['action']): Pick<Option, 'accepts' | 'take'> {
  return {
    accepts: RULE.accepts,
    take(choices, text) {
      const value = RULE.read(text);
      if (value === null) return false;
      choices.rules = [...(choices.rules ?? []), { ...value, action }];
      return true;
    },
  };
}
