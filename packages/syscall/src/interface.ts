// Network interfaces through ioctl(2): netdevice(7), rtentry of <linux/route.h>.
//
//   ifreq (40)      0 name 16   16 flags 2, or mtu 4, or a sockaddr
//   rtentry (120)   8 destination sockaddr 16   24 gateway 16   40 netmask 16   56 flags 2
//   in6_ifreq (24)  0 address 16   16 prefix length 4   20 index 4, <linux/ipv6.h>
//   in6_rtmsg (80)  0 destination 16   16 source 16   32 gateway 16   48 type 4   52 lengths 2 + 2   56 metric 4   64 info 8
//                   72 flags 4   76 index 4, <linux/ipv6_route.h>
import { Family, InterfaceFlag, InterfaceRequest, SocketType } from './constants.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';

/** Bytes of the longest name of an interface. */
export const INTERFACE_NAME = 15;
const VALUE = 16;
const IFREQ = 40;
const RTENTRY = 120;
const ROUTE_UP = 1;
const ROUTE_GATEWAY = 2;
const ETHERNET = 1;
const IN6_IFREQ = 24;
const IN6_RTMSG = 80;
const GATEWAY6 = 32;
const METRIC = 56;
const FLAGS6 = 72;
const INDEX6 = 76;
const USUAL_METRIC = 1_024;

/** A name that the kernel gives to no interface. */
const IMPOSSIBLE = '/';

/** A struct ifreq for the interface `name`; for none when that is too long, for cut off it might be another's. */
export function interfaceRequest(name: string): Region {
  const request = new Region(IFREQ);
  const text = new TextEncoder().encode(name);
  request.bytes.set(text.length > INTERFACE_NAME ? new TextEncoder().encode(IMPOSSIBLE) : text);
  return request;
}

/** The name in a struct ifreq. */
export function interfaceName({ bytes }: Region): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, Math.min(end, INTERFACE_NAME)));
}

/** What can be set on the interfaces of this thread's network namespace. Each call returns 0, or minus an error. */
export class Interfaces {
  readonly #fd: number = libc.socket(Family.INET, SocketType.DGRAM | SocketType.CLOEXEC, 0);

  up(name: string): number {
    const request = interfaceRequest(name);
    const known = libc.ioctl(this.#fd, InterfaceRequest.GET_FLAGS, request.address);
    if (known < 0) return known;
    const flags = request.view.getUint16(VALUE, true) | InterfaceFlag.UP;
    request.view.setUint16(VALUE, flags, true);
    return libc.ioctl(this.#fd, InterfaceRequest.SET_FLAGS, request.address);
  }

  setMtu(name: string, mtu: number): number {
    const request = interfaceRequest(name);
    request.view.setInt32(VALUE, mtu, true);
    return libc.ioctl(this.#fd, InterfaceRequest.SET_MTU, request.address);
  }

  setMac(name: string, mac: Uint8Array): number {
    const request = interfaceRequest(name);
    request.view.setUint16(VALUE, ETHERNET, true);
    request.bytes.set(mac.subarray(0, 6), VALUE + 2);
    return libc.ioctl(this.#fd, InterfaceRequest.SET_HARDWARE_ADDRESS, request.address);
  }

  /** IPv4, int32. */
  setAddress(name: string, ip: number, mask: number): number {
    const result = this.#setAddress(InterfaceRequest.SET_ADDRESS, name, ip);
    return result < 0 ? result : this.#setAddress(InterfaceRequest.SET_NETMASK, name, mask);
  }

  /** IPv6, 16 bytes. */
  setAddress6(name: string, address: Uint8Array, prefix: number): number {
    const index = this.index(name);
    if (index < 0) return index;
    const request = new Region(IN6_IFREQ);
    request.bytes.set(address);
    request.view.setUint32(16, prefix, true);
    request.view.setInt32(20, index, true);
    return this.#ioctl6(InterfaceRequest.SET_ADDRESS, request);
  }

  /** Everything else of IPv6 goes to `gateway`, 16 bytes, behind the interface. */
  addDefaultRoute6(name: string, gateway: Uint8Array): number {
    const index = this.index(name);
    if (index < 0) return index;
    const route = new Region(IN6_RTMSG);
    route.bytes.set(gateway, GATEWAY6);
    route.view.setUint32(METRIC, USUAL_METRIC, true);
    route.view.setUint32(FLAGS6, ROUTE_UP | ROUTE_GATEWAY, true);
    route.view.setInt32(INDEX6, index, true);
    return this.#ioctl6(InterfaceRequest.ADD_ROUTE, route);
  }

  /** Everything else goes to `gateway`. */
  addDefaultRoute(gateway: number): number {
    const route = new Region(RTENTRY);
    putAddress(route, 8, 0);
    putAddress(route, 24, gateway);
    putAddress(route, 40, 0);
    route.view.setUint16(56, ROUTE_UP | ROUTE_GATEWAY, true);
    return libc.ioctl(this.#fd, InterfaceRequest.ADD_ROUTE, route.address);
  }

  close(): void {
    libc.close(this.#fd);
  }

  /** By which the kernel knows it: 1 and up, never used again. */
  index(name: string): number {
    const request = interfaceRequest(name);
    const known = libc.ioctl(this.#fd, InterfaceRequest.GET_INDEX, request.address);
    return known < 0 ? known : request.view.getInt32(VALUE, true);
  }

  /** Only sockets of IPv6 know its addresses. */
  #ioctl6(what: number, request: Region): number {
    const fd = libc.socket(Family.INET6, SocketType.DGRAM | SocketType.CLOEXEC, 0);
    if (fd < 0) return fd;
    const result = libc.ioctl(fd, what, request.address);
    libc.close(fd);
    return result;
  }

  #setAddress(what: number, name: string, ip: number): number {
    const request = interfaceRequest(name);
    putAddress(request, VALUE, ip);
    return libc.ioctl(this.#fd, what, request.address);
  }
}

function putAddress({ view }: Region, at: number, ip: number): void {
  view.setUint16(at, Family.INET, true);
  view.setInt32(at + 4, ip);
}
