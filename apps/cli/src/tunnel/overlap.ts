// Which of a machine's own networks has addresses in common with another one.
import type { networkInterfaces } from 'node:os';
import { mask4, parse4, parseCidr4 } from '@reslirp/wire/address';

export interface Overlap {
  readonly name: string;
  readonly cidr: string;
}

/** IPv4. `cidr`: the network that is asked about. */
export function overlapping(cidr: string, interfaces: ReturnType<typeof networkInterfaces>): readonly Overlap[] {
  const asked = parseCidr4(cidr)!;
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ family, cidr: own, address, internal }) => {
      if (family !== 'IPv4' || own === null || internal) return [];
      const prefix = Math.min(asked.prefix, Number(own.split('/')[1]));
      return ((parse4(address)! ^ asked.address) & mask4(prefix)) === 0 ? [{ name, cidr: own }] : [];
    }),
  );
}
