// The guest's side of IPv6, written with wire alone; beside rig.ts, which has the rest.
import { parse6 } from '@reslirp/wire/address';
import { finish, pseudo6, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ipv6 from '@reslirp/wire/ipv6';
import * as Tcp from '@reslirp/wire/tcp';
import * as Udp from '@reslirp/wire/udp';
import { type Ether4, ether, GUEST_MAC, Rig, type RigOptions, text } from './rig.ts';

export const GUEST = 'fd00::15';
export const GUEST_LINK = 'fe80::15';
export const GATEWAY = 'fd00::2';
export const GATEWAY_LINK = 'fe80::2';

/** A network of both versions. Its first router advertisements are let pass. */
export function rig6(options: RigOptions = {}): Rig {
  const rig = new Rig({ network6: 'fd00::/64', ...options });
  rig.after(0).after(16_000).after(16_000);
  rig.frames();
  return rig;
}

export interface Ip6 extends Ether4 {
  from?: string;
  to?: string;
  next?: number;
  hops?: number;
  traffic?: number;
}

export function address6(name: string): Uint8Array {
  const b = new Uint8Array(Ipv6.ADDRESS);
  if (!parse6(name, b, 0)) throw new Error(`${name} is no address`);
  return b;
}

export function packet6(payload: Uint8Array, o: Ip6 = {}): Uint8Array {
  const { from = GUEST, to = GATEWAY, next = 17, hops = 64, traffic = 0 } = o;
  const p = new Uint8Array(Ipv6.HEADER + payload.length);
  Ipv6.emit(p, 0, payload.length, next, hops, traffic, 0);
  p.set(address6(from), Ipv6.SRC);
  p.set(address6(to), Ipv6.DST);
  p.set(payload, Ipv6.HEADER);
  return ether(p, { ...groupMac(to), ...o, type: Ether.Type.IP6 });
}

/** RFC 2464 7 */
function groupMac(to: string): { dst?: Uint8Array } {
  const b = address6(to);
  return b[0] === 0xff ? { dst: Uint8Array.of(0x33, 0x33, ...b.subarray(12)) } : {};
}

function pseudo(from: string, to: string, next: number, length: number): number {
  return pseudo6(Uint8Array.of(...address6(from), ...address6(to)), 0, next, length);
}

/** An extension header in front of `payload`: `body` is what follows the first two bytes. */
export function extension(next: number, body: readonly number[], payload: Uint8Array): Uint8Array {
  return Uint8Array.of(next, (body.length + 2) / 8 - 1, ...body, ...payload);
}

/** The part [at, end) of a payload as one fragment; the last when it reaches the end. */
export function fragment6(payload: Uint8Array, at: number, end: number, o: Ip6 & { id?: number } = {}): Uint8Array {
  const b = new Uint8Array(Ipv6.FRAGMENT_HEADER + Math.min(end, payload.length) - at);
  Ipv6.emitFragment(b, 0, o.next ?? 17, at, end < payload.length, o.id ?? 7);
  b.set(payload.subarray(at, end), Ipv6.FRAGMENT_HEADER);
  return packet6(b, { ...o, next: Ipv6.Next.FRAGMENT });
}

/** A datagram as bytes of IP payload. Ports come first in both: 1000, and `port`. */
export function datagram6(from: string, to: string, port: number, payload: Uint8Array | string): Uint8Array {
  const bytes = typeof payload === 'string' ? text(payload) : payload;
  const b = new Uint8Array(Udp.HEADER + bytes.length);
  b.set(bytes, Udp.HEADER);
  Udp.emit(b, 0, 1000, port, b.length, 0);
  Udp.emit(b, 0, 1000, port, b.length, Udp.field(sum(b, 0, b.length, pseudo(from, to, 17, b.length))));
  return b;
}

/** From port 1000 of the guest. */
export function udp6(to: string, port: number, payload: Uint8Array | string = 'hello', o: Ip6 = {}): Uint8Array {
  return packet6(datagram6(o.from ?? GUEST, to, port, payload), { ...o, to });
}

export function tcp6(to: string, port: number, flags: number, seq: number = 1, ack: number = 0): Uint8Array {
  const b = new Uint8Array(Tcp.HEADER);
  Tcp.emit(b, 0, 1000, port, seq, ack, Tcp.HEADER, flags, 0xffff);
  Tcp.setSum(b, 0, finish(sum(b, 0, b.length, pseudo(GUEST, to, 6, b.length))));
  return packet6(b, { to, next: 6 });
}

export interface Message6 extends Ip6 {
  code?: number;
  rest?: number;
}

export function icmp6(type: number, body: Uint8Array | string = 'ping', o: Message6 = {}): Uint8Array {
  const bytes = typeof body === 'string' ? text(body) : body;
  const { from = GUEST, to = GATEWAY, code = 0, rest = 0x0007_0001 } = o;
  const b = new Uint8Array(Icmp6.HEADER + bytes.length);
  b.set(bytes, Icmp6.HEADER);
  Icmp6.emit(b, 0, b.length, type, code, rest, pseudo(from, to, 58, b.length));
  return packet6(b, { ...o, next: 58 });
}

/** A message of neighbour discovery about `target`, with the guest's MAC as option `kind`, or without. */
export function neighbour(type: number, target: string, kind: number | null, o: Message6 = {}): Uint8Array {
  const option = kind === null ? [] : [kind, 1, ...GUEST_MAC];
  return icmp6(type, Uint8Array.of(...address6(target), ...option), { hops: 255, rest: 0, ...o });
}

/** The group of RFC 4291 2.7.1. */
export function solicited(name: string): string {
  const [a, b, c] = address6(name).subarray(13);
  const hex = (n: number): string => n.toString(16);
  return `ff02::1:ff${hex(a!).padStart(2, '0')}:${hex((b! << 8) | c!)}`;
}

/** The guest says where it is. */
export function introduce(rig: Rig, from: string = GUEST): void {
  rig.send(neighbour(135, GATEWAY, 1, { from, to: solicited(GATEWAY) }));
  rig.frames();
}
