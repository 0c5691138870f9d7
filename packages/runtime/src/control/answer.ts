// Answers of a network to what it is asked while it runs. In its own thread, between two turns: nothing here takes long, and
// nothing throws.
import type { Dhcp4Server, Dhcp6Server, DnsServer } from '@reslirp/services';
import { ConfigError, type Stack } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Counters } from '../snapshot.ts';
import type { Inquiry, Lease, Refused, Reply } from './inquiry.ts';

/** What is asked: null where there is none. */
export interface Answering {
  readonly stack: Stack;
  readonly dhcp: Dhcp4Server | null;
  readonly dhcp6: Dhcp6Server | null;
  readonly dns: DnsServer | null;
  counters(): Readonly<Record<string, Counters>>;
}

/** `now`: of the stack's clock. */
export function answer(network: Answering, inquiry: Inquiry, now: number): Reply {
  try {
    return answered(network, inquiry, now);
  } catch (error) {
    if (error instanceof ConfigError) return invalid(error);
    return { refused: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}

function answered(network: Answering, inquiry: Inquiry, now: number): Reply {
  const { stack } = network;
  switch (inquiry.kind) {
    case 'flows':
      return stack.flowPage({ ...inquiry, guest: inquiry.guest === null ? null : address(inquiry.guest) }, now);
    case 'endFlow':
      return stack.endFlow(inquiry.id, now) ? null : notEnded(inquiry.id);
    case 'leases':
      return leases(network, inquiry, now);
    case 'neighbours':
      return { neighbours: stack.neighbours(now) };
    case 'counters':
      return { counters: network.counters() };
    default:
      return network.dns === null ? noDns(inquiry) : ofNames(network.dns, inquiry);
  }
}

type OfNames = Extract<Inquiry, { kind: 'names' | 'setName' | 'removeName' | 'forgetAnswers' }>;

function ofNames(dns: DnsServer, inquiry: OfNames): Reply {
  switch (inquiry.kind) {
    case 'names':
      return { names: dns.names() };
    case 'setName':
      dns.setName(inquiry.name, inquiry.addresses);
      return null;
    case 'removeName':
      return dns.removeName(inquiry.name) ? null : { refused: 'unknown', why: `'${inquiry.name}' is no name of ours` };
    case 'forgetAnswers':
      return { forgotten: dns.forget() };
  }
}

function noDns({ kind }: OfNames): Reply {
  if (kind === 'names') return { names: [] };
  return { refused: 'conflict', why: 'this network has no DNS' };
}

/** Throws a ConfigError. */
function address(text: string): Endpoint {
  const e = Endpoint.parse(text);
  if (e === null) throw new ConfigError('guest', `'${text}' is no address`);
  return e;
}

function invalid({ message, field }: ConfigError): Refused {
  const why = message.slice(field.length + 2);
  const isTaken = /\balready$|the network's own$/.test(why);
  return { refused: isTaken ? 'conflict' : 'invalid', why };
}

function notEnded(id: string): Refused {
  if (!id.startsWith('forward-')) return { refused: 'unknown', why: `there is no flow '${id}'` };
  return { refused: 'conflict', why: `'${id}' is a forward's, which lasts for as long as the forward does` };
}

function leases(
  { dhcp, dhcp6 }: Answering,
  { after, limit }: Extract<Inquiry, { kind: 'leases' }>,
  now: number,
): Reply {
  const four = dhcp?.leases() ?? [];
  const all: Keyed[] = [
    ...four.map((lease): Keyed => [keyOf(Endpoint.of4(lease.address)), 4, lease]),
    ...(dhcp6?.leases() ?? []).map((lease): Keyed => [keyOf(Endpoint.parse(lease.address)!), 6, lease]),
  ];
  const rest = all.filter(([key]) => after === null || key > after).sort(([a], [b]) => (a < b ? -1 : 1));
  const part = rest.slice(0, limit);
  const wall = Date.now() - now;
  return {
    leases: part.map((keyed) => leaseOf(keyed, now, wall)),
    next: rest.length > part.length ? part.at(-1)![0] : null,
  };
}

type Given = ReturnType<Dhcp4Server['leases']>[number] | ReturnType<Dhcp6Server['leases']>[number];
type Keyed = readonly [key: string, family: 4 | 6, lease: Given];

/** Addresses of IPv4 first, each in order. */
function keyOf(e: Endpoint): string {
  const words = e.is4 ? [e.w3] : [e.w0, e.w1, e.w2, e.w3];
  return `${e.is4 ? 4 : 6}${words.map((w) => (w >>> 0).toString(16).padStart(8, '0')).join('')}`;
}

/** `wall`: what is added to the stack's clock for that of the wall. */
function leaseOf([, family, lease]: Keyed, now: number, wall: number): Lease {
  const { client, state, until } = lease;
  const isOver = until <= now && state !== 'released';
  return {
    family,
    address: typeof lease.address === 'string' ? lease.address : Endpoint.of4(lease.address).address(),
    mac: 'mac' in lease ? Array.from(lease.mac, (byte) => byte.toString(16).padStart(2, '0')).join(':') : null,
    client,
    name: 'name' in lease && lease.name !== '' ? lease.name : null,
    state: isOver ? 'expired' : state,
    expires: until === Infinity ? null : new Date(wall + until).toISOString(),
  };
}
