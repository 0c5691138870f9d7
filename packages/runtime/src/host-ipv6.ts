import { networkInterfaces } from 'node:os';

/** Whether this machine has an IPv6 address that leads beyond its links: then guests may have one as well. */
export function hostHasIpv6(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.some(({ family, internal, scopeid }) => family === 'IPv6' && !internal && scopeid === 0);
}
