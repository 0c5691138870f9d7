// Addresses as the scripted guest knows them: an int32 for IPv4, 16 bytes for IPv6.
import { format4, format6, parse4, parse6 } from '@reslirp/wire/address';

export type Address = number | Uint8Array;

export function address(text: string): Address {
  const ip = parse4(text);
  if (ip !== null) return ip;
  const b = new Uint8Array(16);
  if (!parse6(text, b, 0)) throw new Error(`${text} is no address`);
  return b;
}

export function sameAddress(a: Address, b: Address): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** For people. */
export function textOf(a: Address): string {
  return typeof a === 'number' ? format4(a) : format6(a, 0);
}
