// An interface of our own gets all that makes it one: size, addresses, and the word to go.
import { writeFileSync } from 'node:fs';
import { errorName, type Interfaces } from '@reslirp/syscall';
import { mask4, parse4, parse6 } from '@reslirp/wire/address';
import type { Order } from './order.ts';

/** Throws, in one line. */
export function raise(interfaces: Interfaces, name: string, { mtu, address, prefix, v6 }: Order): void {
  must(`MTU ${mtu}`, interfaces.setMtu(name, mtu));
  must(`address ${address}`, interfaces.setAddress(name, parse4(address)!, mask4(prefix)));
  quiet6(name, v6 !== null);
  must(`${name} up`, interfaces.up(name));
  if (v6 !== null) must(`address ${v6.address}`, interfaces.setAddress6(name, bytes6(v6.address), v6.prefix));
}

/** Addresses are set here: no others are made up, and none has to be proven first. Where there is no IPv6, none is tried. */
function quiet6(name: string, speaks6: boolean): void {
  const settings = speaks6 ? { accept_ra: '0', accept_dad: '0' } : { disable_ipv6: '1' };
  for (const [setting, value] of Object.entries(settings)) {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${name}/${setting}`, value);
    } catch {
      // A kernel without IPv6 has no such file; another view of /proc only costs the second that the proof takes
    }
  }
}

export function bytes6(text: string): Uint8Array {
  const b = new Uint8Array(16);
  parse6(text, b, 0);
  return b;
}

export function must(what: string, result: number): void {
  if (result < 0) throw new Error(`${what}: ${errorName(result)}`);
}
