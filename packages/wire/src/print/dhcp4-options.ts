// Options of DHCPv4 by name, their values by type: RFC 2132, and whatever a line says.
import { format4 } from '../address.ts';
import { i32, u8, u16 } from '../bytes.ts';
import { Message, Option } from '../dhcp4.ts';
import { architecture } from './architecture.ts';
import type { Dissection } from './dissection.ts';
import { nameAt } from './dns-name.ts';

/** Writes a value [p, end); false when it is none of its type. */
type Value = (d: Dissection, p: number, end: number) => boolean;

const MESSAGES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(Message).map(([name, number]) => [number, name]),
);
const OVERLOADS: readonly string[] = ['', 'file', 'sname', 'file and sname'];

const number: Value = ({ b, out }, p, end) => {
  const size = end - p;
  if (size === 1) out.field('value', u8(b, p));
  else if (size === 2) out.field('value', u16(b, p));
  else if (size === 4) out.field('value', i32(b, p) >>> 0);
  return size === 1 || size === 2 || size === 4;
};

const addresses: Value = ({ b, out }, p, end) => {
  if (p === end || (end - p) % 4 !== 0) return false;
  for (; p < end; p += 4) out.ip4('address', b, p);
  return true;
};

const text: Value = ({ b, out }, p, end) => {
  out.text('text', b, p, end);
  return true;
};

const message: Value = ({ b, out }, p, end) => {
  if (end - p !== 1) return false;
  out.field('value', u8(b, p), MESSAGES[u8(b, p)] ?? 'Unknown');
  return true;
};

const overload: Value = ({ b, out }, p, end) => {
  if (end - p !== 1) return false;
  out.field('value', u8(b, p), OVERLOADS[u8(b, p)] ?? '');
  return true;
};

const parameters: Value = ({ b, out }, p, end) => {
  for (; p < end; p++) out.field('item', u8(b, p), NAMES[u8(b, p)]?.[0] ?? '');
  return true;
};

/** Hardware type, then an address of it; or anything. */
const client: Value = ({ b, out }, p, end) => {
  if (end - p !== 7 || u8(b, p) !== 1) return false;
  out.mac('mac', b, p + 1);
  return true;
};

const flag: Value = (_d, p, end) => p === end;

const architectures: Value = ({ b, out }, p, end) => {
  if (p === end || (end - p) % 2 !== 0) return false;
  for (; p < end; p += 2) out.field('value', u16(b, p), architecture(u16(b, p)));
  return true;
};

/** RFC 3442: length of a prefix, as many bytes of it as are needed, router. */
const routes: Value = ({ b, out }, p, end) => {
  while (p < end) {
    const bits = u8(b, p);
    const bytes = Math.ceil(bits / 8);
    if (bits > 32 || p + 1 + bytes + 4 > end) return false;
    let network = 0;
    for (let i = 0; i < bytes; i++) network |= u8(b, p + 1 + i) << (24 - 8 * i);
    out.field('route', `${format4(network)}/${bits}`);
    out.ip4('router', b, p + 1 + bytes);
    p += 5 + bytes;
  }
  return true;
};

/** RFC 3397: names, compressed within the option. */
const domains: Value = ({ b, out }, p, end) => {
  for (let q = p; q < end && !out.full; ) {
    const name = nameAt(b, p, q, end);
    out.field('domain', name.text);
    if (name.end < 0) return false;
    q = name.end;
  }
  return true;
};

/** RFC 4702 2: flags, two obsolete bytes, a name in one of two forms. */
const fqdn: Value = ({ b, out }, p, end) => {
  if (end - p < 3) return false;
  const isWire = (u8(b, p) & 4) !== 0;
  out.hex('flags', u8(b, p), 2);
  if (!isWire) out.text('name', b, p + 3, end);
  else if (end > p + 3) out.field('name', nameAt(b, p + 3, p + 3, end).text);
  return true;
};

/** Names, and types of what is more than bytes. */
const NAMES: Readonly<Record<number, readonly [name: string, value?: Value]>> = {
  [Option.SUBNET_MASK]: ['Subnet Mask', addresses],
  2: ['Time Offset', number],
  [Option.ROUTER]: ['Router', addresses],
  4: ['Time Server', addresses],
  [Option.DNS]: ['Domain Name Server', addresses],
  7: ['Log Server', addresses],
  [Option.HOST_NAME]: ['Host Name', text],
  13: ['Boot File Size', number],
  [Option.DOMAIN_NAME]: ['Domain Name', text],
  17: ['Root Path', text],
  22: ['Maximum Reassembly Size', number],
  23: ['Default TTL', number],
  [Option.MTU]: ['Interface MTU', number],
  [Option.BROADCAST]: ['Broadcast Address', addresses],
  31: ['Perform Router Discovery', number],
  33: ['Static Route', addresses],
  40: ['NIS Domain', text],
  41: ['NIS Servers', addresses],
  [Option.NTP]: ['NTP Servers', addresses],
  [Option.VENDOR_SPECIFIC]: ['Vendor Specific'],
  44: ['NetBIOS Name Server', addresses],
  46: ['NetBIOS Node Type', number],
  47: ['NetBIOS Scope', text],
  [Option.REQUESTED_IP]: ['Requested IP Address', addresses],
  [Option.LEASE_TIME]: ['Lease Time', number],
  [Option.OVERLOAD]: ['Overload', overload],
  [Option.MESSAGE_TYPE]: ['Message Type', message],
  [Option.SERVER_ID]: ['Server Identifier', addresses],
  [Option.PARAMETER_LIST]: ['Parameter Request List', parameters],
  [Option.TEXT]: ['Message', text],
  [Option.MAX_SIZE]: ['Maximum Message Size', number],
  [Option.RENEWAL_TIME]: ['Renewal Time', number],
  [Option.REBINDING_TIME]: ['Rebinding Time', number],
  [Option.VENDOR_CLASS]: ['Vendor Class Identifier', text],
  [Option.CLIENT_ID]: ['Client Identifier', client],
  [Option.TFTP_SERVER]: ['TFTP Server Name', text],
  [Option.BOOT_FILE]: ['Boot File Name', text],
  77: ['User Class', text], // RFC 3004; many clients send plain text
  [Option.RAPID_COMMIT]: ['Rapid Commit', flag],
  [Option.FQDN]: ['Client FQDN', fqdn],
  82: ['Relay Agent Information'], // RFC 3046
  [Option.CLIENT_ARCHITECTURE]: ['Client System Architecture', architectures],
  [Option.CLIENT_INTERFACE]: ['Client Network Interface'],
  97: ['Client Machine Identifier'], // RFC 4578
  100: ['PCode', text], // RFC 4833
  101: ['TCode', text], // RFC 4833
  [Option.IPV6_ONLY]: ['IPv6-Only Preferred', number],
  [Option.CAPTIVE_PORTAL]: ['Captive Portal', text],
  116: ['Auto-Configure', number], // RFC 2563
  118: ['Subnet Selection', addresses], // RFC 3011
  [Option.DOMAIN_SEARCH]: ['Domain Search', domains],
  [Option.CLASSLESS_ROUTES]: ['Classless Static Route', routes],
  125: ['Vendor-Identifying Vendor Specific'], // RFC 3925
  150: ['TFTP Server Address', addresses], // RFC 5859
  175: ['Etherboot'],
  209: ['PXELINUX Configuration File', text], // RFC 5071
  210: ['PXELINUX Path Prefix', text], // RFC 5071
  249: ['Classless Static Route (Microsoft)', routes],
  252: ['Web Proxy Auto-Discovery', text],
};

/** The options of one field [p, end), up to END. */
export function printDhcp4Options(d: Dissection, p: number, end: number): void {
  const { b, out } = d;
  while (p < end && !out.full) {
    const code = u8(b, p);
    if (code === Option.END) return;
    if (code === Option.PAD) {
      p++;
      continue;
    }
    const [name = 'Unknown', value = null] = NAMES[code] ?? [];
    out.item(name);
    out.field('option', code);
    if (p + 2 > end) return void out.fault('truncated');
    const size = u8(b, p + 1);
    out.field('length', size);
    p += 2;
    if (p + size > end) return void out.fault(`truncated: ${end - p} < ${size}`);
    if ((value === null || !value(d, p, p + size)) && size > 0) out.bytes('value', b, p, p + size);
    p += size;
  }
}
