// Packets around packets: GRE (RFC 2784, RFC 2890), and ESP (RFC 4303), whose inside nobody can read.
import { i32, u16 } from '../bytes.ts';
import type { Dissector } from './dissection.ts';
import { bits } from './writer.ts';

const Flag = { CHECKSUM: 0x8000, KEY: 0x2000, SEQUENCE: 0x1000 } as const;
const FLAGS = [
  [Flag.CHECKSUM, 'checksum'],
  [Flag.KEY, 'key'],
  [Flag.SEQUENCE, 'sequence'],
] as const;
const FIELDS = [
  [Flag.CHECKSUM, 'checksum'],
  [Flag.KEY, 'key'],
  [Flag.SEQUENCE, 'seq'],
] as const;

export const printGre: Dissector = (d, at, end) => {
  const { b, out } = d;
  const flags = end - at < 2 ? 0 : u16(b, at);
  const size = 4 + 4 * FIELDS.filter(([bit]) => (flags & bit) !== 0).length;
  if (!d.carried('GRE', at, end, size)) return;
  const type = u16(b, at + 2);
  out.hex('flags', flags & 0xfff8, 4, bits(flags, FLAGS));
  out.field('version', flags & 7);
  out.hex('type', type, 4, d.etherTypeName(type));
  let p = at + 4;
  for (const [bit, name] of FIELDS) {
    if ((flags & bit) === 0) continue;
    out.hex(name, i32(b, p), 8);
    p += 4;
  }
  if ((flags & 7) === 0 && !d.quoted) d.etherType(type, p, end);
};

export const printEsp: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.carried('ESP', at, end, 8)) return;
  out.hex('spi', i32(b, at), 8);
  out.field('seq', i32(b, at + 4) >>> 0);
  out.field('payload', end - at - 8);
};
