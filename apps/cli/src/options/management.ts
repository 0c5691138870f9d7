// What a management controller (BMC) that is a guest hears of the card it shares: NC-SI.
import { MAC, NUMBER32 } from '../values.ts';
import { into, type Option } from './option.ts';

export interface ManagementChoices {
  manufacturer?: number;
  managementMac?: string;
}

export const MANAGEMENT_OPTIONS: readonly Option[] = [
  {
    group: 'NC-SI',
    long: 'mfr-id',
    value: 'N',
    help: "the card's maker by IANA's number; 0x8119 is Mellanox",
    default: '0',
    ...into('manufacturer', NUMBER32),
  },
  {
    group: 'NC-SI',
    long: 'oob-eth-addr',
    value: 'MAC',
    help: "the address a BMC gets of its card, if that is Mellanox's",
    ...into('managementMac', MAC),
  },
];
