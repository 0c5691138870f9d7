// struct sockaddr_in (ip(7)) and sockaddr_in6 (ipv6(7)). An address is four int32 words; IPv4 is ::ffff:a.b.c.d.
//
//   sockaddr_in    0 family(host order)  2 port  4 address                           16 bytes
//   sockaddr_in6   0 family(host order)  2 port  4 flow  8 address 16  24 scope      28 bytes
import { Family } from './constants.ts';
import type { Region } from './memory.ts';

export const SOCKET_ADDRESS_SIZE = 28;
const SIZE4 = 16;
const MAPPED = 0xffff;

export interface AddressAndPort {
  w0: number;
  w1: number;
  w2: number;
  w3: number;
  port: number;
}

/** Writes `e` at `at`; returns the size of what it wrote. */
export function putSocketAddress({ view }: Region, at: number, e: Readonly<AddressAndPort>): number {
  const is4 = e.w0 === 0 && e.w1 === 0 && e.w2 === MAPPED;
  view.setUint16(at, is4 ? Family.INET : Family.INET6, true);
  view.setUint16(at + 2, e.port);
  if (is4) {
    view.setInt32(at + 4, e.w3);
    view.setInt32(at + 8, 0);
    view.setInt32(at + 12, 0);
    return SIZE4;
  }
  view.setInt32(at + 4, 0);
  view.setInt32(at + 8, e.w0);
  view.setInt32(at + 12, e.w1);
  view.setInt32(at + 16, e.w2);
  view.setInt32(at + 20, e.w3);
  view.setInt32(at + 24, 0);
  return SOCKET_ADDRESS_SIZE;
}

/** Reads the address at `at` into `e`; false when it is of another family. */
export function getSocketAddress({ view }: Region, at: number, e: AddressAndPort): boolean {
  const family = view.getUint16(at, true);
  if (family !== Family.INET && family !== Family.INET6) return false;
  const four = family === Family.INET;
  e.port = view.getUint16(at + 2);
  e.w0 = four ? 0 : view.getInt32(at + 8);
  e.w1 = four ? 0 : view.getInt32(at + 12);
  e.w2 = four ? MAPPED : view.getInt32(at + 16);
  e.w3 = view.getInt32(at + (four ? 4 : 20));
  return true;
}
