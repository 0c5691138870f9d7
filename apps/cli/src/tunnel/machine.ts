// The tunnel as this machine's: a TAP with addresses, and rules that send chosen networks into a table of routes by it.
//
// For each network of length L, the longest first, and in this order, at one priority of our own:
//
//   to NETWORK lookup main suppress_prefixlength L   what this machine knows better, it keeps: longer prefixes win as ever
//   to NETWORK lookup TABLE                          the rest goes through the tunnel
//
// TABLE has the networks by the TAP, and `throw ADDRESS` for the ssh server: that falls through to main, wherever main's
// default route points later on. With everything routed, what has a source address of this machine already stays
// outside too: connections that were there before, and those of others to it.
import { networkInterfaces } from 'node:os';
import { Interfaces } from '@reslirp/syscall';
import { plainTap, type Tap, TapError } from '@reslirp/transport-tap';
import { raise } from '../confined/interface.ts';
import type { Order } from '../confined/order.ts';
import type { RouteValue } from '../options/tunnel.ts';
import { ip, ipOrNothing } from './ip.ts';
import { overlapping } from './overlap.ts';
import type { Undo } from './undo.ts';

/** Tells our rules from those of others, rtnetlink(7): a number that nobody else has taken. */
export const PROTOCOL = '114';
/** Tables and priorities, by the interface's index. */
const FIRST = 20_000;
const MOST = 10_000;

export interface OwnTap extends Tap {
  /** Of the table, and of the rules. */
  readonly place: string;
}

/** A TAP with its addresses, up. Throws, in one line. */
export function makeTap(order: Order, network: string): OwnTap {
  const [other] = overlapping(network, networkInterfaces());
  if (other !== undefined) {
    throw new Error(
      `${other.name} of this machine is in ${other.cidr} already: --network chooses another one than ${network}`,
    );
  }
  const tap = opened(order.tap);
  const interfaces = new Interfaces();
  try {
    raise(interfaces, tap.name, order);
    return { ...tap, place: placeOf(interfaces.index(tap.name)) };
  } finally {
    interfaces.close();
  }
}

function opened(name: string): Tap {
  try {
    return plainTap(name);
  } catch (error) {
    if (!(error instanceof TapError) || error.code !== 'EPERM') throw error;
    throw new Error(`${error.message}; with sudo it has it, and a command of its own ('-- COMMAND') needs none`);
  }
}

export function placeOf(index: number): string {
  return String(FIRST + (index % MOST));
}

export function isPlace(priority: number): boolean {
  return priority >= FIRST && priority < FIRST + MOST;
}

/** What takes all of it away. */
export function lineToForget(place: string): string {
  return ['-4', '-6']
    .map(
      (version) =>
        `while ip ${version} rule del priority ${place} protocol ${PROTOCOL}; do :; done; ip ${version} route flush table ${place}`,
    )
    .join('; ');
}

export interface RouteOptions {
  readonly tap: OwnTap;
  readonly order: Order;
  readonly routes: readonly RouteValue[];
  /** Addresses of the server, which stay outside. */
  readonly outside: readonly string[];
  readonly undo: Undo;
}

/** Throws, in one line. */
export function route({ tap, order, routes, outside, undo }: RouteOptions): void {
  if (routes.length === 0) return;
  const { place, name } = tap;
  undo.add(lineToForget(place));
  for (const { cidr, version } of routes) {
    const gateway = version === 4 ? order.gateway : order.v6?.gateway;
    ip(`-${version}`, 'route', 'replace', cidr, 'via', gateway!, 'dev', name, 'table', place);
  }
  keepOutside(tap, outside);
  const rule = (version: number, ...what: readonly string[]): void => {
    ip(`-${version}`, 'rule', 'add', 'priority', place, 'protocol', PROTOCOL, ...what);
  };
  for (const [version, address] of ownAddresses(name)) {
    const everything = routes.some((route) => route.version === version && route.cidr.endsWith('/0'));
    if (everything) rule(version, 'from', address, 'lookup', 'main');
  }
  const longestFirst = [...routes].sort((a, b) => lengthOf(b) - lengthOf(a));
  for (const one of longestFirst) {
    const { cidr, version } = one;
    rule(version, 'to', cidr, 'lookup', 'main', 'suppress_prefixlength', String(lengthOf(one)));
    rule(version, 'to', cidr, 'lookup', place);
  }
}

function lengthOf({ cidr }: RouteValue): number {
  return Number(cidr.split('/')[1]);
}

/** Addresses that the tunnel itself goes to. */
export function keepOutside({ place }: OwnTap, addresses: readonly string[]): void {
  for (const address of addresses) {
    const version = address.includes(':') ? '-6' : '-4';
    ipOrNothing(version, 'route', 'replace', 'throw', address, 'table', place);
  }
}

function ownAddresses(tap: string): readonly (readonly [4 | 6, string])[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ address, family, internal }) => {
      const isLinkLocal = /^fe[89ab]/i.test(address);
      return internal || name === tap || isLinkLocal ? [] : [[family === 'IPv4' ? 4 : 6, address] as const];
    }),
  );
}
