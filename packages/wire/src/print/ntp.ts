// NTP, the header of RFC 5905 7.3, and no more. There is no layer to choose it by: it is shown with IP.

import { format4 } from '../address.ts';
import { i32, u8 } from '../bytes.ts';
import type { Dissector } from './dissection.ts';
import { quoted } from './writer.ts';

const HEADER = 48;
const MODES: readonly string[] = [
  'reserved',
  'symmetric active',
  'symmetric passive',
  'client',
  'server',
  'broadcast',
  'control',
  'private',
];
const CONTROL = 6;

export const printNtp: Dissector = (d, at, end) => {
  const { b, out } = d;
  const mode = end > at ? u8(b, at) & 7 : 0;
  if (!d.carried('NTP', at, end, mode < CONTROL ? HEADER : 1, end - at)) return;
  const stratum = u8(b, at + 1);
  out.field('leap', u8(b, at) >>> 6);
  out.field('version', (u8(b, at) >>> 3) & 7);
  out.field('mode', mode, MODES[mode]);
  if (mode >= CONTROL) return;
  out.field('stratum', stratum);
  out.field('poll', (u8(b, at + 2) << 24) >> 24);
  out.field('precision', (u8(b, at + 3) << 24) >> 24);
  out.field('reference_id', stratum < 2 ? quoted(b, at + 12, at + 16) : format4(i32(b, at + 12)));
  // Seconds since 1970, with 2208988800 of 1900
  const transmitted = (i32(b, at + 40) >>> 0) - 2_208_988_800;
  if (transmitted > 0) out.field('transmitted', transmitted);
};
