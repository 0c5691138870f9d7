// Names that this network answers for itself:
//
//   those that were configured       A, AAAA, and PTR of their addresses; they hide the same names elsewhere
//   the zone, reslirp.internal       host and gateway (the gateway), nameserver, and the guests by the names that they gave themselves
//   host.containers.internal, host.docker.internal       the gateway, where there is a zone
//   guests                           by their bare names too, and below the domain that they were told; never by NOBODYS
//   addresses of this network        PTR
//   localhost, invalid, onion, resolver.arpa    as RFC 6761 6.3 and 6.4, RFC 7686 2 and RFC 9462 6.4 want it
//
// A name that is here and has nothing of the type asked for is NODATA, never asked for elsewhere. What else is special, `local`
// among it, is for the host's resolvers: the guest sees what the host sees.
import { ConfigError, inside, type Network, within } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import * as Dns from '@reslirp/wire/dns';
import { type LocalAnswer, type LocalRecord, soaData } from './answer.ts';
import { MOST } from './config.ts';
import { addressOfReverse, isWithin, reverseName } from './name.ts';
import type { Question } from './question.ts';

/** Records of one answer. */
const MOST_RECORDS = 64;
const LOOPBACK_NET = 127;
/** What programs ask for by themselves and then obey: a guest that took such a name would have the others' traffic. */
const NOBODYS: ReadonlySet<string> = new Set(['wpad', 'isatap', 'localhost']);
/** What programs in containers call the host: Podman's name, and Docker's. */
const ALIASES: readonly string[] = ['host.containers.internal', 'host.docker.internal'];

/** Who knows the guests by name: a DHCP server. */
export interface GuestNames {
  /** Addresses of whoever calls itself `name`, in lower case and one label; ports mean nothing. None: nobody does. */
  addressesOf(name: string, now: number): readonly Endpoint[];
  /** What the guest at `address` calls itself, one label; null: nobody knows. */
  nameOf?(address: Endpoint, now: number): string | null;
}

/** A name that has addresses here. */
export interface OwnName {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Who says so: the network itself, its configuration, or somebody while it ran. */
  readonly by: NameGiver;
}

export type NameGiver = 'network' | 'configuration' | 'request';

export interface NamesConfig {
  readonly hosts: ReadonlyMap<string, readonly Endpoint[]>;
  /** Null: none. */
  readonly zone: string | null;
  /** What guests are told their domain is; null: nothing. */
  readonly domain: string | null;
  readonly guests: GuestNames | null;
}

export class Names {
  readonly #config: NamesConfig;
  readonly #network: Network;
  readonly #hosts: Map<string, readonly Endpoint[]> = new Map();
  readonly #givers: Map<string, NameGiver> = new Map();
  /** Names by that of their address. */
  readonly #reverse: Map<string, string[]> = new Map();

  constructor(config: NamesConfig, network: Network) {
    this.#config = config;
    this.#network = network;
    const { zone, hosts } = config;
    if (zone !== null) {
      const { gateway4, nameserver4, v6 } = network;
      this.#addOwn(`gateway.${zone}`, gateway4, v6?.gateway);
      this.#addOwn(`host.${zone}`, gateway4, v6?.gateway);
      this.#addOwn(`nameserver.${zone}`, nameserver4, v6?.nameserver);
      for (const alias of ALIASES) this.#hosts.set(alias, this.#hosts.get(`host.${zone}`)!);
    }
    for (const name of this.#hosts.keys()) this.#givers.set(name, 'network');
    for (const [name, addresses] of hosts) {
      this.#add(name, addresses);
      this.#givers.set(name, 'configuration');
    }
  }

  /** Every name but those of guests. */
  list(): OwnName[] {
    return Array.from(this.#hosts, ([name, addresses]) => {
      return { name, addresses: addresses.map((e) => e.address()), by: this.#givers.get(name)! };
    });
  }

  /** Gives a name its addresses, in place of those that it had. Throws ConfigError for one of the network's own, and beyond MOST. */
  set(name: string, addresses: readonly Endpoint[]): void {
    this.#refuseOwn(name);
    const given = [...this.#givers.values()].filter((by) => by !== 'network').length;
    if (!this.#hosts.has(name) && given >= MOST) throw new ConfigError('name', `there are ${MOST} already`);
    this.remove(name);
    this.#add(name, addresses);
    this.#givers.set(name, 'request');
  }

  /** False: there is none. Throws ConfigError for one of the network's own. */
  remove(name: string): boolean {
    this.#refuseOwn(name);
    const addresses = this.#hosts.get(name);
    if (addresses === undefined) return false;
    for (const address of addresses) {
      const reverse = reverseName(address);
      const rest = this.#reverse.get(reverse)?.filter((other) => other !== name) ?? [];
      if (rest.length > 0) this.#reverse.set(reverse, rest);
      else this.#reverse.delete(reverse);
    }
    this.#givers.delete(name);
    return this.#hosts.delete(name);
  }

  #refuseOwn(name: string): void {
    if (this.#givers.get(name) === 'network') throw new ConfigError('name', `'${name}' is the network's own`);
  }

  /** Null: it is not ours to say. */
  answer(q: Question, now: number): LocalAnswer | null {
    if (q.class !== Dns.Class.IN) return null;
    return this.#configured(q) ?? this.#inZone(q, now) ?? special(q) ?? this.#guest(q, now) ?? this.#ofAddress(q, now);
  }

  #configured(q: Question): LocalAnswer | null {
    const addresses = this.#hosts.get(q.name);
    return addresses === undefined ? null : found(addressRecords(q, addresses), this.#zoneOf(q.name));
  }

  #inZone(q: Question, now: number): LocalAnswer | null {
    const { zone } = this.#config;
    if (zone === null || !isWithin(q.name, zone)) return null;
    if (q.name === zone) return found(this.#apexRecords(q, zone), zone);
    const label = q.name.slice(0, -zone.length - 1);
    const addresses = this.#called(label, now);
    if (addresses.length > 0) return found(addressRecords(q, addresses), zone);
    // RFC 8020: what has names below it exists
    const isParent = [...this.#hosts.keys()].some((name) => name.endsWith(`.${q.name}`));
    return { rcode: isParent ? Dns.Rcode.NO_ERROR : Dns.Rcode.NAME, records: [], zone };
  }

  #guest(q: Question, now: number): LocalAnswer | null {
    const { domain } = this.#config;
    const isBelow = domain !== null && q.name !== domain && isWithin(q.name, domain);
    const addresses = this.#called(isBelow ? q.name.slice(0, -domain.length - 1) : q.name, now);
    return addresses.length === 0 ? null : found(addressRecords(q, addresses), q.name);
  }

  #called(label: string, now: number): readonly Endpoint[] {
    const isOne = label !== '' && !label.includes('.') && !NOBODYS.has(label);
    return isOne ? (this.#config.guests?.addressesOf(label, now) ?? []) : [];
  }

  #ofAddress(q: Question, now: number): LocalAnswer | null {
    const address = addressOfReverse(q.name);
    if (address === null) return null;
    const names =
      this.#reverse.get(q.name) ?? this.#guestAt(address, now) ?? (isLoopback(address) ? ['localhost'] : null);
    if (names !== null)
      return found(
        names.flatMap((name) => nameRecord(q, Dns.Type.PTR, name)),
        q.name,
      );
    return this.#isInside(address) ? { rcode: Dns.Rcode.NAME, records: [], zone: parentOf(q.name) } : null;
  }

  #guestAt(address: Endpoint, now: number): string[] | null {
    const name = this.#config.guests?.nameOf?.(address, now) ?? null;
    const domain = this.#config.zone ?? this.#config.domain;
    return name === null ? null : [domain === null ? name : `${name}.${domain}`];
  }

  #apexRecords(q: Question, zone: string): LocalRecord[] {
    if (q.type === Dns.Type.SOA) return [{ type: Dns.Type.SOA, data: soaData(q, zone) }];
    return nameRecord(q, Dns.Type.NS, `nameserver.${zone}`);
  }

  #isInside(e: Endpoint): boolean {
    const { v6 } = this.#network;
    return e.is4 ? inside(this.#network, e.ip4) : v6 !== null && within(v6.prefix, v6.bits, e);
  }

  #zoneOf(name: string): string {
    const { zone } = this.#config;
    return zone !== null && isWithin(name, zone) ? zone : name;
  }

  #addOwn(name: string, ip: number, six: Endpoint | undefined): void {
    const four = this.#network.speaks4 ? [Endpoint.of4(ip)] : [];
    this.#add(name, six === undefined ? four : [...four, six]);
  }

  #add(name: string, addresses: readonly Endpoint[]): void {
    this.#hosts.set(name, addresses);
    for (const address of addresses) {
      const reverse = reverseName(address);
      const names = this.#reverse.get(reverse);
      if (names === undefined) this.#reverse.set(reverse, [name]);
      else names.push(name);
    }
  }
}

/** Names that mean the same everywhere. */
function special(q: Question): LocalAnswer | null {
  if (isWithin(q.name, 'localhost')) return found(addressRecords(q, LOOPBACK), q.name);
  for (const zone of ['invalid', 'onion']) {
    if (isWithin(q.name, zone)) return { rcode: Dns.Rcode.NAME, records: [], zone };
  }
  // A resolver that encrypts would be the host's, and reached without us
  return isWithin(q.name, 'resolver.arpa') ? { rcode: Dns.Rcode.NO_ERROR, records: [], zone: 'resolver.arpa' } : null;
}

function found(records: readonly LocalRecord[], zone: string): LocalAnswer {
  return { rcode: Dns.Rcode.NO_ERROR, records: records.slice(0, MOST_RECORDS), zone };
}

function addressRecords(q: Question, addresses: readonly Endpoint[]): LocalRecord[] {
  const records = addresses.map((e): LocalRecord => {
    const data = new Uint8Array(16);
    e.put6(data, 0);
    return e.is4 ? { type: Dns.Type.A, data: data.subarray(12) } : { type: Dns.Type.AAAA, data };
  });
  return records.filter(({ type }) => q.type === type || q.type === Dns.Type.ANY);
}

/** One or none. */
function nameRecord(q: Question, type: number, name: string): LocalRecord[] {
  const b = new Uint8Array(Dns.MAX_NAME + 4);
  const end = q.type === type || q.type === Dns.Type.ANY ? Dns.emitQuestion(b, 0, b.length, name, type) : -1;
  return end < 0 ? [] : [{ type, data: b.subarray(0, end - 4) }];
}

function parentOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

const LOOPBACK: readonly Endpoint[] = [Endpoint.of4(0x7f00_0001), new Endpoint().setWords(0, 0, 0, 1, 0)];

function isLoopback(e: Endpoint): boolean {
  return e.is4 ? e.ip4 >>> 24 === LOOPBACK_NET : e.sameAddress(LOOPBACK[1]!);
}
