// Options of TCP, on a line of their own: RFC 9293 3.2, RFC 7323, RFC 2018, and by name RFC 5482, 5925, 7413 and 8684.
import { i32, u8, u16 } from '../bytes.ts';
import { Kind } from '../tcp-options.ts';
import type { Dissection } from './dissection.ts';

const OTHERS: Readonly<Record<number, string>> = {
  19: 'md5',
  28: 'user_timeout',
  29: 'tcp_ao',
  30: 'mptcp',
  34: 'fast_open_cookie',
  253: 'experiment',
  254: 'experiment',
};

export function printTcpOptions(d: Dissection, p: number, end: number): void {
  const { b, out } = d;
  out.item('options');
  while (p < end) {
    const kind = u8(b, p);
    if (kind === Kind.END) return void out.word('eol');
    if (kind === Kind.NOP) {
      out.word('nop');
      p++;
      continue;
    }
    const size = p + 1 < end ? u8(b, p + 1) : 0;
    if (size < 2 || p + size > end) return void out.fault(`option ${kind} is cut off`);
    option(d, kind, p, size);
    p += size;
  }
}

function option(d: Dissection, kind: number, p: number, size: number): void {
  const { b, out } = d;
  if (kind === Kind.MSS && size === 4) out.field('mss', u16(b, p + 2));
  else if (kind === Kind.WINDOW_SCALE && size === 3) out.field('window_scale', u8(b, p + 2));
  else if (kind === Kind.SACK_PERMITTED && size === 2) out.word('sack_permitted');
  else if (kind === Kind.TIMESTAMPS && size === 10) {
    out.field('ts_val', i32(b, p + 2) >>> 0);
    out.field('ts_ecr', i32(b, p + 6) >>> 0);
  } else if (kind === Kind.SACK && size > 2 && size % 8 === 2) {
    for (let q = p + 2; q < p + size; q += 8) out.field('sack', `${i32(b, q) >>> 0}-${i32(b, q + 4) >>> 0}`);
  } else out.bytes(OTHERS[kind] ?? `option_${kind}`, b, p + 2, p + size);
}
