// Where everything that passes on the cable is written.
import { BYTES, number, PATH } from '../values.ts';
import { into, type Option } from './option.ts';

export interface CaptureChoices {
  pcap?: string;
  pcapSize?: number;
  pcapFiles?: number;
}

export const CAPTURE_OPTIONS: readonly Option[] = [
  {
    group: 'Captures',
    long: 'pcap',
    value: 'FILE',
    help: 'every frame, as pcapng, and why some of them are dropped',
    ...into('pcap', PATH),
  },
  {
    group: 'Captures',
    long: 'pcap-size',
    value: 'BYTES',
    help: '64K, 10M, 1G: where FILE becomes FILE.1, and begins anew',
    ...into('pcapSize', BYTES),
  },
  {
    group: 'Captures',
    long: 'pcap-files',
    value: 'N',
    help: 'files that are kept then, FILE among them; 2 unless given',
    ...into('pcapFiles', number(1, 1_000)),
  },
];
