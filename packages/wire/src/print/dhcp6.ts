// DHCPv6, RFC 8415 8 and 9: type and transaction, or a relay's header; then options.
import { u8, u16 } from '../bytes.ts';
import { printDhcp6Options } from './dhcp6-options.ts';
import type { Dissection, Dissector } from './dissection.ts';

const HEADER = 4;
const Relay = { FORWARD: 12, REPLY: 13 } as const;
const RELAY_HEADER = 34;
const NAMES: readonly string[] = [
  '',
  'SOLICIT',
  'ADVERTISE',
  'REQUEST',
  'CONFIRM',
  'RENEW',
  'REBIND',
  'REPLY',
  'RELEASE',
  'DECLINE',
  'RECONFIGURE',
  'INFORMATION-REQUEST',
  'RELAY-FORW',
  'RELAY-REPL',
];

export const printDhcp6: Dissector = (d, at, end) => message(d, at, end, 0);

/** A relay's message has another one in it: a few are followed. */
const DEEPEST = 4;

function message(d: Dissection, at: number, end: number, depth: number): void {
  const { b, out } = d;
  const type = end > at ? u8(b, at) : 0;
  const isRelay = type === Relay.FORWARD || type === Relay.REPLY;
  const header = isRelay ? RELAY_HEADER : HEADER;
  if (!d.layer('dhcp', 'DHCPv6', at, end, header, end - at)) return;
  out.field('msg_type', type, NAMES[type] ?? 'Unknown');
  if (isRelay) {
    out.field('hops', u8(b, at + 1));
    out.ip6('link', b, at + 2);
    out.ip6('peer', b, at + 18);
  } else out.hex('xid', (u8(b, at + 1) << 16) | u16(b, at + 2), 6);
  const relayed = (p: number, stop: number): void => {
    if (depth < DEEPEST) out.within(() => message(d, p, stop, depth + 1));
  };
  printDhcp6Options(d, at + header, end, relayed);
}
