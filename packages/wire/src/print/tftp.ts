// TFTP, RFC 1350, with options (RFC 2347).
import { u8, u16 } from '../bytes.ts';
import * as Udp from '../udp.ts';
import type { Dissection, Dissector } from './dissection.ts';

const Op = { RRQ: 1, WRQ: 2, DATA: 3, ACK: 4, ERROR: 5, OACK: 6 } as const;
const NAMES: readonly string[] = ['', 'RRQ', 'WRQ', 'DATA', 'ACK', 'ERROR', 'OACK'];
const ERRORS: readonly string[] = [
  'not defined',
  'file not found',
  'access violation',
  'disk full',
  'illegal operation',
  'unknown transfer ID',
  'file already exists',
  'no such user',
  'option refused',
];

/** To port 69: who asks is remembered. */
export const printTftpPort: Dissector = (d, at, end) => {
  const isRequest = end - at > 2 && (u16(d.b, at) === Op.RRQ || u16(d.b, at) === Op.WRQ);
  if (isRequest) d.talks.add(Udp.srcPort(d.b, at - Udp.HEADER));
  printTftp(d, at, end);
};

export const printTftp: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('tftp', 'TFTP', at, end, 2, end - at)) return;
  const op = u16(b, at);
  out.field('opcode', op, NAMES[op] ?? 'Unknown');
  if (op === Op.RRQ || op === Op.WRQ) request(d, at + 2, end);
  else if (op === Op.OACK) options(d, at + 2, end);
  else if (op < Op.DATA || op > Op.ERROR) return;
  else if (end - at < 4) out.fault('truncated');
  else if (op === Op.ERROR) {
    out.field('code', u16(b, at + 2), ERRORS[u16(b, at + 2)] ?? '');
    out.text('message', b, at + 4, zeroAt(b, at + 4, end));
  } else {
    out.field('block', u16(b, at + 2));
    if (op === Op.DATA) out.field('payload', end - at - 4);
  }
};

function request(d: Dissection, p: number, end: number): void {
  for (const name of ['file', 'mode']) {
    const zero = zeroAt(d.b, p, end);
    d.out.text(name, d.b, p, zero);
    if (zero === end) return void d.out.fault('truncated');
    p = zero + 1;
  }
  options(d, p, end);
}

/** Name, zero, value, zero. */
function options(d: Dissection, p: number, end: number): void {
  const { b, out } = d;
  while (p < end && !out.full) {
    const zero = zeroAt(b, p, end);
    const last = zeroAt(b, Math.min(end, zero + 1), end);
    out.text('option', b, p, zero);
    if (last === end) return void out.fault('truncated');
    out.text('value', b, zero + 1, last);
    p = last + 1;
  }
}

/** Offset of the next zero, `end` when there is none. */
function zeroAt(b: Uint8Array, p: number, end: number): number {
  while (p < end && u8(b, p) !== 0) p++;
  return p;
}
