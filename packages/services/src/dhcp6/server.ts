// DHCP server for the one network behind the cable, IPv6: RFC 8415.
//
//   INFORMATION-REQUEST           → REPLY with options alone; the others only when it is stateful:
//   SOLICIT                       → ADVERTISE, or REPLY at once with Rapid Commit
//   REQUEST, RENEW, REBIND        → REPLY: an address for each IA_NA, or why not
//   CONFIRM                       → REPLY: whether the addresses are of this network
//   RELEASE, DECLINE              → REPLY
//
// The network has no other server, so this one is authoritative: whoever renews an address of the pool that is free gets it, with no
// record of the client. A guest then keeps its address over a restart of ours. An association (IA_NA) has one address; temporary
// addresses (IA_TA) and prefixes (IA_PD) are refused.
// To everyone and to the gateway alone: RFC 8415 18.4 says what of the latter is not answered, or only with Use Multicast.
// Left out: relays, whose messages are counted; RECONFIGURE and authentication.
// Memory: one row per association, capped by Dhcp6Config.maxLeases; one message.
import { ConfigError, within } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Binding, Query, Service, ServiceNet } from '@reslirp/stack/service';
import { put32 } from '@reslirp/wire/bytes';
import * as Dhcp from '@reslirp/wire/dhcp6';
import { type Lease6, LeaseTable } from './leases.ts';
import { ReplyWriter } from './reply.ts';
import { type Dhcp6Config, FOR_EVER, type Settings, settings } from './settings.ts';

const { Option, Port, Status, Type } = Dhcp;

export interface Dhcp6Server extends Service {
  /** Every address that has or had a client. Live before `until`, in milliseconds of the stack's clock. */
  leases(): Lease6[];
  /** Counters by name: what was said, and why nothing was. */
  stats(): Record<string, number>;
}

/** Throws ConfigError; start() does in a network without IPv6, or without room. */
export function dhcp6Server(config: Dhcp6Config = {}): Dhcp6Server {
  return new Server(settings(config));
}

/** RFC 8415 16, of each message: whose identifiers it has to have, and what becomes of it when it comes to the gateway alone. */
interface Rule {
  readonly client: boolean;
  readonly server: boolean | null;
  readonly unicast: 'answer' | 'discard' | 'refuse';
}

const RULES: Readonly<Record<number, Rule>> = {
  [Type.SOLICIT]: { client: true, server: false, unicast: 'discard' },
  [Type.REQUEST]: { client: true, server: true, unicast: 'refuse' },
  [Type.CONFIRM]: { client: true, server: false, unicast: 'discard' },
  [Type.RENEW]: { client: true, server: true, unicast: 'refuse' },
  [Type.REBIND]: { client: true, server: false, unicast: 'discard' },
  [Type.RELEASE]: { client: true, server: true, unicast: 'refuse' },
  [Type.DECLINE]: { client: true, server: true, unicast: 'refuse' },
  [Type.INFORMATION_REQUEST]: { client: false, server: null, unicast: 'answer' },
};

const counters = {
  advertises: 0,
  replies: 0,
  /** Associations that were refused an address because none is left. */
  full: 0,
  releases: 0,
  declines: 0,
  /** Something of an address that its client does not have. */
  notHeld: 0,
  /** Not a message of a client, or one without what its type needs. */
  malformed: 0,
  relayed: 0,
  /** The client speaks to another server. */
  otherServer: 0,
  /** It wants an address, and there are none by DHCP. */
  stateless: 0,
  /** For all servers, and said to one. */
  unicast: 0,
};

/** RFC 8415 11.4: DUID-LL, and the hardware type of Ethernet. */
const DUID_LL = [0, 3, 0, 1] as const;
/** As the gateway's MAC address begins; the rest is its IPv4 address. */
const MAC_PREFIX = [0x52, 0x55] as const;

class Server implements Dhcp6Server {
  readonly name: string = 'dhcp6';
  readonly egress: boolean = false;
  readonly bindings: readonly Binding[] = [{ protocol: 'udp', port: Port.SERVER, at: 'anywhere', family: 6 }];
  readonly #settings: Settings;
  readonly #stats: typeof counters = { ...counters };
  readonly #duid: Uint8Array = Uint8Array.of(...DUID_LL, ...MAC_PREFIX, 0, 0, 0, 0);
  readonly #from: Endpoint = new Endpoint();
  readonly #to: Endpoint = new Endpoint();
  readonly #address: Endpoint = new Endpoint();
  #net!: ServiceNet;
  #leases!: LeaseTable;
  #reply!: ReplyWriter;

  constructor(checked: Settings) {
    this.#settings = checked;
  }

  start(net: ServiceNet): void {
    const { v6, gateway4 } = net.network;
    if (v6 === null) throw new ConfigError('network6', 'DHCPv6 needs an IPv6 network');
    this.#net = net;
    put32(this.#duid, DUID_LL.length + MAC_PREFIX.length, gateway4);
    this.#from.set(v6.linkGateway);
    this.#from.port = Port.SERVER;
    this.#leases = new LeaseTable(v6, this.#settings.maxLeases);
    this.#reply = new ReplyWriter(this.#settings, this.#duid, net.network);
  }

  leases(): Lease6[] {
    return this.#leases.list();
  }

  stats(): Record<string, number> {
    return { ...this.#stats, omitted: this.#reply.omitted };
  }

  received(q: Query, now: number): void {
    const why = this.#refusal(q);
    if (why !== null) {
      this.#stats[why]++;
      return;
    }
    const type = Dhcp.type(q.b, q.at);
    if (!isToGroup(q) && RULES[type]!.unicast === 'refuse') this.#say(q, Status.USE_MULTICAST, now);
    else if (type === Type.INFORMATION_REQUEST) this.#inform(q, now);
    else if (type === Type.CONFIRM) this.#confirm(q, now);
    else if (type === Type.RELEASE || type === Type.DECLINE) this.#giveBack(q, type === Type.RELEASE, now);
    else this.#assign(q, type, now);
  }

  /** RFC 8415 16: what is to be discarded, and why. */
  #refusal({ b, at, end, to }: Query): 'malformed' | 'relayed' | 'otherServer' | 'stateless' | 'unicast' | null {
    const why = Dhcp.check(b, at, end);
    if (why !== Dhcp.Malformed.NO) return why === Dhcp.Malformed.RELAYED ? 'relayed' : 'malformed';
    const { [Dhcp.type(b, at)]: rule } = RULES;
    if (rule === undefined) return 'malformed';
    const stranger = this.#stranger(rule, b, at, end);
    if (stranger !== null) return stranger;
    if (Dhcp.type(b, at) === Type.INFORMATION_REQUEST) return hasAssociation(b, at, end) ? 'malformed' : null;
    if (!this.#settings.stateful) return 'stateless';
    return !isToGroup({ to }) && rule.unicast === 'discard' ? 'unicast' : null;
  }

  /** What is wrong with the identifiers of a message. */
  #stranger(rule: Rule, b: Uint8Array, at: number, end: number): 'malformed' | 'otherServer' | null {
    const client = Dhcp.option(b, at, end, Option.CLIENT_ID);
    const server = Dhcp.option(b, at, end, Option.SERVER_ID);
    const size = client < 0 ? 0 : Dhcp.length(b, client);
    if (client < 0 ? rule.client : size < 3 || size > Dhcp.LONGEST_DUID) return 'malformed';
    if (rule.server !== null && rule.server !== server >= 0) return 'malformed';
    return server < 0 || this.#isUs(b, server) ? null : 'otherServer';
  }

  /** RFC 8415 18.3.6. */
  #inform(q: Query, now: number): void {
    this.#reply.begin(Type.REPLY, q);
    this.#reply.configuration(q, true);
    this.#send(q, now);
  }

  /** RFC 8415 18.3.3: without an address there is nothing to confirm. */
  #confirm(q: Query, now: number): void {
    let addresses = 0;
    let here = 0;
    for (const p of associations(q, Option.IA_NA)) {
      for (let a = Dhcp.address(q.b, p); a >= 0; a = Dhcp.address(q.b, p, a)) {
        addresses++;
        if (this.#isOnLink(this.#address.set6(q.b, a + Dhcp.VALUE, 0))) here++;
      }
    }
    if (addresses === 0) this.#stats.malformed++;
    else this.#say(q, here === addresses ? Status.SUCCESS : Status.NOT_ON_LINK, now);
  }

  /** SOLICIT, REQUEST, RENEW, REBIND: RFC 8415 18.3.1, 2, 4 and 5. */
  #assign(q: Query, type: number, now: number): void {
    const isRapid = type === Type.SOLICIT && Dhcp.option(q.b, q.at, q.end, Option.RAPID_COMMIT) >= 0;
    const isOffer = type === Type.SOLICIT && !isRapid;
    this.#reply.begin(isOffer ? Type.ADVERTISE : Type.REPLY, q);
    if (isRapid) this.#reply.rapid();
    for (const p of associations(q, Option.IA_NA)) {
      if (type === Type.RENEW || type === Type.REBIND) this.#extend(q, p, now);
      else this.#give(q, p, isOffer, now);
    }
    for (const code of [Option.IA_TA, Option.IA_PD]) {
      const status = code === Option.IA_TA ? Status.NO_ADDRESSES : Status.NO_PREFIX;
      for (const p of associations(q, code)) this.#reply.refuse(code, Dhcp.iaid(q.b, p), status);
    }
    this.#reply.configuration(q, false);
    this.#send(q, now);
  }

  #give(q: Query, p: number, isOffer: boolean, now: number): void {
    const iaid = Dhcp.iaid(q.b, p);
    const client = clientOf(q, iaid);
    const a = Dhcp.address(q.b, p);
    if (a >= 0) this.#address.set6(q.b, a + Dhcp.VALUE, 0);
    // RFC 8415 18.3.2: a client that has moved here asks for what it had there
    if (a >= 0 && Dhcp.type(q.b, q.at) === Type.REQUEST && !this.#isOnLink(this.#address)) {
      this.#reply.refuse(Option.IA_NA, iaid, Status.NOT_ON_LINK);
      return;
    }
    const wanted = a < 0 ? -1 : this.#leases.numberOf(this.#address);
    const number = isOffer
      ? this.#leases.offer(client, wanted, now)
      : this.#leases.bind(client, wanted, now, this.#until(now));
    if (number >= 0) this.#grant(q, p, number, isOffer, now);
    else {
      this.#stats.full++;
      this.#reply.refuse(Option.IA_NA, iaid, Status.NO_ADDRESSES);
    }
  }

  #extend(q: Query, p: number, now: number): void {
    const iaid = Dhcp.iaid(q.b, p);
    const client = clientOf(q, iaid);
    const a = Dhcp.address(q.b, p);
    if (a >= 0) this.#address.set6(q.b, a + Dhcp.VALUE, 0);
    const isElsewhere = a >= 0 && !this.#isOnLink(this.#address);
    const wanted = a < 0 ? -1 : this.#leases.numberOf(this.#address);
    const isFree = wanted >= 0 && this.#leases.isFree(wanted, now);
    if (this.#leases.of(client) >= 0 || isFree) {
      this.#grant(q, p, this.#leases.bind(client, wanted, now, this.#until(now)), false, now);
      return;
    }
    this.#stats.notHeld++;
    if (isElsewhere) this.#reply.withdrawn(iaid, q, p);
    else this.#reply.refuse(Option.IA_NA, iaid, Status.NO_BINDING);
  }

  #grant(q: Query, p: number, number: number, isOffer: boolean, now: number): void {
    const address = this.#leases.address(number, this.#address);
    if (!isOffer) this.#net.neighbour(address, q.mac, now);
    const isExtended = Dhcp.type(q.b, q.at) === Type.RENEW || Dhcp.type(q.b, q.at) === Type.REBIND;
    this.#reply.grant(Dhcp.iaid(q.b, p), address, q, isExtended ? p : -1);
  }

  /** RFC 8415 18.3.7 and 18.3.8: all is well, but for associations that we do not know. */
  #giveBack(q: Query, isRelease: boolean, now: number): void {
    this.#reply.begin(Type.REPLY, q);
    this.#reply.status(Status.SUCCESS);
    for (const p of associations(q, Option.IA_NA)) {
      const iaid = Dhcp.iaid(q.b, p);
      const client = clientOf(q, iaid);
      if (this.#leases.of(client) < 0) {
        this.#stats.notHeld++;
        this.#reply.refuse(Option.IA_NA, iaid, Status.NO_BINDING);
        continue;
      }
      for (let a = Dhcp.address(q.b, p); a >= 0; a = Dhcp.address(q.b, p, a)) {
        const number = this.#leases.numberOf(this.#address.set6(q.b, a + Dhcp.VALUE, 0));
        const isDone = this.#leases[isRelease ? 'release' : 'decline'](client, number, now);
        this.#stats[isDone ? (isRelease ? 'releases' : 'declines') : 'notHeld']++;
      }
    }
    this.#send(q, now);
  }

  /** A status, and nothing else. */
  #say(q: Query, status: number, now: number): void {
    this.#reply.begin(Type.REPLY, q);
    this.#reply.status(status);
    this.#send(q, now);
  }

  /** RFC 8415 7.2: clients hear on their port, whatever they speak from. */
  #send(q: Query, now: number): void {
    const { bytes, end } = this.#reply;
    this.#stats[Dhcp.type(bytes, 0) === Type.ADVERTISE ? 'advertises' : 'replies']++;
    this.#to.set(q.from);
    this.#to.port = Port.CLIENT;
    this.#net.send(this.#from, this.#to, q.mac, bytes, 0, end, now);
  }

  #until(now: number): number {
    const { leaseSeconds } = this.#settings;
    return leaseSeconds === FOR_EVER ? Infinity : now + leaseSeconds * 1000;
  }

  #isUs(b: Uint8Array, p: number): boolean {
    const own = this.#duid;
    return Dhcp.length(b, p) === own.length && own.every((byte, i) => b[p + Dhcp.VALUE + i] === byte);
  }

  #isOnLink(address: Endpoint): boolean {
    const { v6 } = this.#net.network;
    return v6 !== null && within(v6.prefix, v6.bits, address);
  }
}

function isToGroup({ to }: Pick<Query, 'to'>): boolean {
  return to.w0 >>> 24 === 0xff;
}

function hasAssociation(b: Uint8Array, at: number, end: number): boolean {
  return [Option.IA_NA, Option.IA_TA, Option.IA_PD].some((code) => Dhcp.option(b, at, end, code) >= 0);
}

/** Offsets of the options `code`, one after the other. */
function* associations({ b, at, end }: Query, code: number): Generator<number> {
  for (let p = Dhcp.option(b, at, end, code); p >= 0; p = Dhcp.find(b, Dhcp.next(b, p), end, code)) yield p;
}

/** RFC 8415 12: an association is its client's identifier and its own. */
function clientOf({ b, at, end }: Query, iaid: number): string {
  const p = Dhcp.option(b, at, end, Option.CLIENT_ID);
  let text = '';
  for (let i = p + Dhcp.VALUE; i < Dhcp.next(b, p); i++) text += (b[i] ?? 0).toString(16).padStart(2, '0');
  return `${text}/${(iaid >>> 0).toString(16).padStart(8, '0')}`;
}
