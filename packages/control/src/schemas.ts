// The shapes of what is sent and answered. They check what comes in, and the OpenAPI document is made of them.
import { isIP } from 'node:net';
import { z } from '@hono/zod-openapi';
import type {
  FlowInfo,
  ForwardInfo,
  GuestInfo,
  LeaseInfo,
  NameInfo,
  NetworkInfo,
  Page,
  Place,
  Totals,
} from './controlled.ts';

/** Forwards of one request. */
export const MOST_PORTS: number = 1_024;
const MOST_ADDRESSES = 64;
/** What sun_path holds with its last zero, on Linux. */
const LONGEST_PATH = 107;

const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');
const address = z
  .string()
  .max(45)
  .refine(isAddress, { message: 'no IPv4 or IPv6 address' })
  .openapi({ example: '127.0.0.1', description: 'An IPv4 or IPv6 address' });
const port = z.int().min(1).max(65_535);
const path = z
  .string()
  .regex(/^\/[^\0]*$/, { message: 'no absolute path' })
  .refine((text) => Buffer.byteLength(text) <= LONGEST_PATH, { message: `longer than ${LONGEST_PATH} bytes` })
  .openapi({ example: '/run/user/1000/ssh', description: 'An absolute path of a unix socket' });
const id = z.int().min(1);
const since = z.iso.datetime().openapi({ description: 'When it began' });
const count = z.int().min(0);
const counters = z.record(z.string(), z.number());

const place = z.strictObject({ address, port }).openapi('Place');
const unixPath = z.strictObject({ path }).openapi('UnixSocket');

const problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    faults: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
  })
  .openapi('Problem', { description: 'RFC 9457' });
export const Problem: z.ZodType = problem;

const network = z
  .object({
    id,
    network4: z.string().nullable().openapi({ example: '10.0.2.0/24' }),
    network6: z.string().nullable(),
    gateway: z.string(),
    nameserver: z.string(),
    guests: count,
    forwards: count,
    since,
  })
  .openapi('Network');

const guest = z
  .object({
    id,
    network: id,
    name: z.string().openapi({ description: 'Its cable: where it comes from' }),
    since,
    macs: z.array(z.string()),
    addresses: z.array(
      z.object({
        address: z.string(),
        mac: z.string(),
        idle: count.openapi({ description: 'Milliseconds since it was heard' }),
      }),
    ),
    counters: counters.openapi({ description: 'Frames and bytes that it sent (In) and got (Out)' }),
  })
  .openapi('Guest');

const by = z.enum(['option', 'api']).openapi({ description: 'Who has asked for it: the command line, or a client' });
const protocol = z.enum(['tcp', 'udp']);

const hostForward = z
  .object({
    kind: z.literal('hostfwd'),
    id,
    network: id,
    by,
    protocol,
    host: z.union([place, unixPath]).openapi({ description: 'With the port that was found, where 0 was asked for' }),
    guest: place,
  })
  .openapi('HostForward', { description: 'A port of this machine that leads to one of a guest' });
const guestForward = z
  .object({
    kind: z.literal('guestfwd'),
    id,
    network: id,
    by,
    at: place,
    to: z.union([place, unixPath, z.strictObject({ command: z.string() }).openapi('Command')]),
  })
  .openapi('GuestForward', {
    description: 'An address and port inside the network that leads to something on this machine',
  });
const forward = z.discriminatedUnion('kind', [hostForward, guestForward]).openapi('Forward');

const newHostForward = z
  .strictObject({
    kind: z.literal('hostfwd'),
    network: id.optional().openapi({ description: 'Needed where there are several' }),
    protocol: protocol.default('tcp'),
    host: z.union([
      z
        .strictObject({
          address: address.default('127.0.0.1'),
          port: z.int().min(0).max(65_535).openapi({ description: '0: one of the system’s choice' }),
          lastPort: port.optional().openapi({ description: `A range, of ${MOST_PORTS} at most` }),
        })
        .openapi('HostPorts'),
      unixPath,
    ]),
    guest: z.strictObject({
      address: address.optional().openapi({ description: 'The first guest' }),
      port: port.openapi({ description: 'Of a range: the first' }),
    }),
  })
  .openapi('NewHostForward');
const newGuestForward = z
  .strictObject({
    kind: z.literal('guestfwd'),
    network: id.optional(),
    at: z.strictObject({
      address: address.optional().openapi({ description: 'The network + 4, and free otherwise' }),
      port,
    }),
    to: z.union([place, unixPath]),
  })
  .openapi('NewGuestForward');
const newForward = z.discriminatedUnion('kind', [newHostForward, newGuestForward]).openapi('NewForward');

type Ports = { readonly address: string; readonly port: number; readonly lastPort?: number | undefined };
interface OptionalPlace {
  readonly address?: string | undefined;
  readonly port: number;
}

export type NewForward =
  | {
      readonly kind: 'hostfwd';
      readonly network?: number | undefined;
      readonly protocol: 'tcp' | 'udp';
      readonly host: Ports | { readonly path: string };
      readonly guest: OptionalPlace;
    }
  | {
      readonly kind: 'guestfwd';
      readonly network?: number | undefined;
      readonly at: OptionalPlace;
      readonly to: Place | { readonly path: string };
    };
export const NewForward: z.ZodType<NewForward, unknown> = newForward;

const lease = z
  .object({
    network: id,
    family: z.union([z.literal(4), z.literal(6)]),
    address: z.string(),
    mac: z.string().nullable(),
    client: z.string().openapi({ description: 'Identifier in hexadecimal; of DHCPv6 DUID/IAID' }),
    name: z.string().nullable(),
    state: z.enum(['offered', 'bound', 'released', 'declined', 'expired']),
    expires: z.iso.datetime().nullable().openapi({ description: 'null: never' }),
  })
  .openapi('Lease');

const name = z
  .object({
    network: id,
    name: z.string().openapi({ example: 'db.example' }),
    addresses: z.array(z.string()),
    by: z.enum(['option', 'api', 'network']).openapi({ description: 'network: it is always there' }),
  })
  .openapi('Name');

const newName = z
  .strictObject({ addresses: z.array(address).min(1).max(MOST_ADDRESSES), network: id.optional() })
  .openapi('NewName');

const flow = z
  .object({
    id: z.string().openapi({ example: '1-tcp-12-345' }),
    network: id,
    protocol: z.enum(['tcp', 'udp', 'icmp']),
    guest: z.string().openapi({ example: '10.0.2.20:40000' }),
    remote: z.string().nullable(),
    state: z.string(),
    bytesUp: count,
    bytesDown: count,
    age: count.openapi({ description: 'Milliseconds since it began' }),
    idle: count.openapi({ description: 'Milliseconds since anything came' }),
  })
  .openapi('Flow');

const totals = z
  .object({ counters: z.record(z.string(), counters), gauges: z.record(z.string(), counters) })
  .openapi('Counters', {
    description: 'By the part that has counted. Networks that are over are in the counters of all, and in no gauge',
  });

function page<T>(item: z.ZodType<T>, of: string): z.ZodType<Page<T>> {
  const next = z.string().nullable().openapi({ description: '`after` of the next page; null: there is none' });
  return z.object({ items: z.array(item), next }).openapi(of);
}

export const Networks: z.ZodType<Page<NetworkInfo>> = page<NetworkInfo>(network, 'Networks');
export const Guests: z.ZodType<Page<GuestInfo>> = page<GuestInfo>(guest, 'Guests');
export const Forwards: z.ZodType<Page<ForwardInfo>> = page<ForwardInfo>(forward, 'Forwards');
export const Leases: z.ZodType<Page<LeaseInfo>> = page<LeaseInfo>(lease, 'Leases');
export const Names: z.ZodType<Page<NameInfo>> = page<NameInfo>(name, 'Names');
export const Flows: z.ZodType<Page<FlowInfo>> = page<FlowInfo>(flow, 'Flows');
export const Counters: z.ZodType<Totals> = totals;

export interface NewName {
  readonly addresses: readonly string[];
  readonly network?: number | undefined;
}
export const NewName: z.ZodType<NewName, unknown> = newName;

export interface Made {
  readonly forwards: readonly ForwardInfo[];
}
export const Made: z.ZodType<Made> = z.object({ forwards: z.array(forward) }).openapi('ForwardsMade');

export interface Forgotten {
  readonly forgotten: number;
}
export const Forgotten: z.ZodType<Forgotten> = z.object({ forgotten: count }).openapi('Forgotten');

export interface Version {
  readonly name: string;
  readonly version: string;
  readonly api: 1;
}
export const Version: z.ZodType<Version> = z
  .object({ name: z.string(), version: z.string(), api: z.literal(1) })
  .openapi('Version');
