// DHCP server for the one network behind the cable, RFC 2131, and for BOOTP clients, RFC 951 and 1534.
//
//   DISCOVER                         → OFFER, or silence when all addresses are taken; ACK at once with rapid commit (RFC 4039)
//   REQUEST  SELECTING               → ACK or NAK; silence when it takes another server's offer
//            INIT-REBOOT, RENEWING, REBINDING → ACK or NAK
//   RELEASE, DECLINE                 → nothing is said
//   INFORM                           → ACK with options alone
//   without a type: BOOTP            → the reply, and the address is the client's for ever
//
// The network has no other server, so this one is authoritative: it answers with ACK or NAK where RFC 2131 4.3.2 asks a server
// without a record of the client to be silent. A guest then keeps its address over a restart of ours, or leaves a foreign one
// at once. While an offer is on its way the cable is asked who is at the address (RFC 2131 3.1 step 2); nobody waits for it: a
// station that answers before the client's REQUEST turns that into a NAK.
// Left out: relays of other networks and their option 82, hardware other than Ethernet.
// Memory: one row per client, capped by the pool and Dhcp4Config.maxLeases; one message.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Binding, Query, Service, ServiceNet } from '@reslirp/stack/service';
import * as Dhcp from '@reslirp/wire/dhcp4';
import { Client } from './client.ts';
import { Delivery } from './delivery.ts';
import { answerFqdn } from './fqdn.ts';
import type { KeptLease, LeaseStore } from './lease-store.ts';
import { type Lease, LeaseTable } from './leases.ts';
import { Pool } from './pool.ts';
import { type Answer, BOOTP, ReplyWriter } from './reply.ts';
import { Reservations } from './reservations.ts';
import { type Dhcp4Config, FOR_EVER, type Settings, SHORTEST, settings } from './settings.ts';

const { Message, Option, Port } = Dhcp;

const ETHERNET = 1;
const MAC = 6;
const NO_NAME = new Uint8Array(0);
/** Changes of this time go into the store together. */
const SAVE_DELAY = 1_000;

export interface Dhcp4Server extends Service {
  /** Every address that has or had a client. Live before `until`, in milliseconds of the stack's clock. */
  leases(): Lease[];
  /**
   * The address (int32) of the guest that is called so, by itself or by configuration: 'vm', or 'vm.lan.example' in the domain of
   * the network, with or without a dot at the end. Null for none.
   */
  addressOf(name: string, now: number): number | null;
  /** The name of the guest at an address (int32), with the network's domain; null for none. */
  nameOf(address: number, now: number): string | null;
  /** Counters by name: what was said, and why nothing was. */
  stats(): Record<string, number>;
}

/** Throws ConfigError; start() does when the pool does not fit the network. `store`: where leases are kept; nowhere. */
export function dhcp4Server(config: Dhcp4Config = {}, store: LeaseStore | null = null): Dhcp4Server {
  return new Server(settings(config), store);
}

/** Throws ConfigError where dhcp4Server() or its start() would. */
export function checkDhcp4(config: Dhcp4Config, network: ServiceNet['network']): void {
  const { start, hosts } = settings(config);
  new Pool(network, start, new Reservations(hosts).addresses);
}

const counters = {
  offers: 0,
  acks: 0,
  naks: 0,
  /** Answers to clients of BOOTP. */
  bootp: 0,
  releases: 0,
  declines: 0,
  /** A RELEASE or DECLINE of an address that its client does not have. */
  notHeld: 0,
  /** No address was left. */
  full: 0,
  /** Not a request of an Ethernet client, or one without what its type needs. */
  malformed: 0,
  /** The client speaks to another server. */
  otherServer: 0,
  /** A relay or an INFORM from outside of the network. */
  otherNetwork: 0,
};

class Server implements Dhcp4Server {
  readonly name: string = 'dhcp4';
  readonly egress: boolean = false;
  readonly bindings: readonly Binding[] = [{ protocol: 'udp', port: Port.SERVER, at: 'anywhere', family: 4 }];
  readonly #settings: Settings;
  readonly #store: LeaseStore | null;
  readonly #reservations: Reservations;
  readonly #domain: string;
  readonly #stats: typeof counters = { ...counters };
  readonly #client: Client = new Client();
  readonly #place: Endpoint = new Endpoint();
  readonly #answer: Answer = { type: 0, yours: 0, seconds: 0, hostname: NO_NAME, fqdn: null, isRapid: false };
  #net!: ServiceNet;
  #leases!: LeaseTable;
  #reply!: ReplyWriter;
  #delivery!: Delivery;
  /** Of an earlier life, and not to give any more. */
  #forgotten: number = 0;
  #saveAt: number = Infinity;

  constructor(checked: Settings, store: LeaseStore | null) {
    this.#settings = checked;
    this.#store = store;
    this.#reservations = new Reservations(checked.hosts);
    this.#domain = String.fromCharCode(...checked.domain).toLowerCase();
  }

  start(net: ServiceNet): void {
    this.#net = net;
    const pool = new Pool(net.network, this.#settings.start, this.#reservations.addresses);
    this.#leases = new LeaseTable(pool, this.#settings.maxLeases, {
      reserved: (client, mac) => this.#reservations.of(client, macText(mac))?.address ?? 0,
      isUsed: (address, mac, since) => net.isUsedByOther(this.#place.set4(address, 0), mac, since),
    });
    this.#reply = new ReplyWriter(this.#settings, net.network);
    this.#delivery = new Delivery(net);
    for (const kept of this.#store?.load() ?? []) if (!this.#leases.restore(kept)) this.#forgotten++;
  }

  leases(): Lease[] {
    return this.#leases.list();
  }

  addressOf(name: string, now: number): number | null {
    const [, label = '', domain] = /^([^.]+)(?:\.(.+?))?\.?$/.exec(name.toLowerCase()) ?? [];
    if (domain !== undefined && domain !== this.#domain) return null;
    return this.#reservations.called(label)?.address ?? this.#leases.addressOf(label, now);
  }

  nameOf(address: number, now: number): string | null {
    const label = this.#reservations.at(address)?.name || this.#leases.nameOf(address, now);
    return label === '' ? null : this.#qualified(label);
  }

  stats(): Record<string, number> {
    const { omitted } = this.#reply;
    return { ...this.#stats, omitted, conflicts: this.#leases.conflicts, forgotten: this.#forgotten };
  }

  deadline(): number {
    return this.#saveAt;
  }

  poll(now: number): void {
    if (now >= this.#saveAt) this.#save();
  }

  close(): void {
    if (this.#saveAt !== Infinity) this.#save();
  }

  received(q: Query, now: number): void {
    const why = Dhcp.check(q.b, q.at, q.end);
    const hasOptions = why === Dhcp.Malformed.NO;
    if (!(hasOptions || why === Dhcp.Malformed.COOKIE) || !isRequest(q)) {
      this.#stats.malformed++;
      return;
    }
    const relay = Dhcp.giaddr(q.b, q.at);
    if (relay !== 0 && !this.#delivery.isInside(relay)) {
      this.#stats.otherNetwork++;
      return;
    }
    this.#client.read(q, hasOptions);
    if (!hasOptions || Dhcp.option(q.b, q.at, q.end, Option.MESSAGE_TYPE) < 0) this.#bootp(q, hasOptions, now);
    else this.#dispatch(q, now);
  }

  #dispatch(q: Query, now: number): void {
    const type = Dhcp.messageType(q.b, q.at, q.end);
    if (type === Message.DISCOVER) this.#discover(q, now);
    else if (type === Message.REQUEST) this.#request(q, now);
    else if (type === Message.RELEASE) this.#release(q, now);
    else if (type === Message.DECLINE) this.#decline(q, now);
    else if (type === Message.INFORM) this.#inform(q, now);
    else this.#stats.malformed++;
  }

  #discover(q: Query, now: number): void {
    const { key, mac } = this.#client;
    const wanted = Dhcp.option32(q.b, q.at, q.end, Option.REQUESTED_IP, 0);
    const lease = this.#leases.offer(key, mac, wanted, now);
    if (lease === null) {
      this.#stats.full++;
      return;
    }
    if (Dhcp.option(q.b, q.at, q.end, Option.RAPID_COMMIT) >= 0) {
      this.#grant(q, lease.address, true, now);
      return;
    }
    if (lease.state === 'offered') this.#net.probe(this.#place.set4(lease.address, 0));
    this.#stats.offers++;
    this.#send(q, Message.OFFER, lease.address, this.#seconds(q), now);
  }

  /** RFC 2131 4.3.2: the state of the client shows in which fields it fills. */
  #request(q: Query, now: number): void {
    const selected = Dhcp.option32(q.b, q.at, q.end, Option.SERVER_ID, 0);
    if (selected !== 0 && selected !== this.#net.network.gateway4) {
      this.#leases.withdraw(this.#client.key);
      this.#stats.otherServer++;
      return;
    }
    // SELECTING and INIT-REBOOT fill the option, RENEWING and REBINDING ciaddr
    const requested = Dhcp.option32(q.b, q.at, q.end, Option.REQUESTED_IP, 0);
    const address = selected === 0 ? Dhcp.ciaddr(q.b, q.at) || requested : requested || Dhcp.ciaddr(q.b, q.at);
    if (address === 0) this.#stats.malformed++;
    else this.#grant(q, address, false, now);
  }

  /** The lease that the client asks for, or a NAK. */
  #grant(q: Query, address: number, isRapid: boolean, now: number): void {
    const seconds = this.#seconds(q);
    const until = seconds === FOR_EVER ? Infinity : now + seconds * 1000;
    if (!this.#bind(q, address, until, now)) {
      this.#refuse(q, address, now);
      return;
    }
    this.#stats.acks++;
    this.#send(q, Message.ACK, address, seconds, now, isRapid);
  }

  #bind(q: Query, address: number, until: number, now: number): boolean {
    const { key, mac, name } = this.#client;
    if (this.#leases.bind(key, mac, address, now, until) === null) return false;
    this.#leases.rename(key, this.#reservations.called(name) === null ? name : '', now);
    // Behind a relay the client is not on our cable: its relay is
    if (Dhcp.giaddr(q.b, q.at) === 0) this.#net.neighbour(this.#place.set4(address, 0), mac, now);
    this.#changed(now);
    return true;
  }

  #refuse(q: Query, address: number, now: number): void {
    this.#stats.naks++;
    const isOurs = this.#delivery.isInside(address);
    const why = isOurs ? 'requested address not available' : 'requested address not of this network';
    const end = this.#reply.nak(q.b, q.at, q.end, why);
    this.#delivery.refusal(q, this.#reply.bytes, end, now);
  }

  #release(q: Query, now: number): void {
    if (!this.#meant(q)) return;
    const released = this.#leases.release(this.#client.key, Dhcp.ciaddr(q.b, q.at), now);
    this.#stats[released ? 'releases' : 'notHeld']++;
    if (released) this.#changed(now);
  }

  #decline(q: Query, now: number): void {
    if (!this.#meant(q)) return;
    const address = Dhcp.option32(q.b, q.at, q.end, Option.REQUESTED_IP, 0);
    const declined = this.#leases.decline(this.#client.key, address, now);
    this.#stats[declined ? 'declines' : 'notHeld']++;
    if (declined) this.#changed(now);
  }

  /** RFC 2131 4.3.5. Some clients leave ciaddr empty: then the packet came from their address. */
  #inform(q: Query, now: number): void {
    if (!this.#delivery.isInside(Dhcp.ciaddr(q.b, q.at) || q.from.ip4)) {
      this.#stats.otherNetwork++;
      return;
    }
    this.#stats.acks++;
    this.#send(q, Message.ACK, 0, 0, now);
  }

  /** RFC 1534 2: an address for good, since such a client neither renews nor releases. */
  #bootp(q: Query, hasOptions: boolean, now: number): void {
    const { key, mac } = this.#client;
    const lease = this.#leases.offer(key, mac, Dhcp.ciaddr(q.b, q.at), now);
    if (lease === null || !this.#bind(q, lease.address, Infinity, now)) {
      this.#stats.full++;
      return;
    }
    this.#stats.bootp++;
    const answer = this.#fill(BOOTP, lease.address, 0, false);
    const end = this.#reply[hasOptions ? 'configured' : 'plain'](answer, q.b, q.at, q.end);
    this.#delivery.plainly(q, this.#reply.bytes, end, now);
  }

  #send(q: Query, type: number, yours: number, seconds: number, now: number, isRapid: boolean = false): void {
    const answer = this.#fill(type, yours, seconds, isRapid);
    const end = this.#reply.configured(answer, q.b, q.at, q.end);
    this.#delivery.answer(q, this.#client.mac, yours, this.#reply.bytes, end, now);
  }

  #fill(type: number, yours: number, seconds: number, isRapid: boolean): Answer {
    const { key, macKey, name, fqdn } = this.#client;
    const reserved = this.#reservations.of(key, macKey);
    const known = reserved?.name || name;
    const a = this.#answer;
    a.type = type;
    a.yours = yours;
    a.seconds = seconds;
    a.isRapid = isRapid;
    a.hostname = reserved?.hostname ?? NO_NAME;
    a.fqdn = fqdn === null ? null : answerFqdn(fqdn, known === '' ? '' : this.#qualified(known));
    return a;
  }

  #qualified(label: string): string {
    return this.#domain === '' ? label : `${label}.${this.#domain}`;
  }

  /** Whether RELEASE or DECLINE names us, or nobody. */
  #meant(q: Query): boolean {
    const server = Dhcp.option32(q.b, q.at, q.end, Option.SERVER_ID, 0);
    if (server === 0 || server === this.#net.network.gateway4) return true;
    this.#stats.otherServer++;
    return false;
  }

  /** What the client asks for (RFC 2131 4.3.1), and no more than we give. */
  #seconds(q: Query): number {
    const asked = Dhcp.option32(q.b, q.at, q.end, Option.LEASE_TIME, 0) >>> 0;
    return asked === 0 ? this.#settings.leaseSeconds : Math.min(this.#settings.leaseSeconds, Math.max(SHORTEST, asked));
  }

  #changed(now: number): void {
    if (this.#store !== null && this.#saveAt === Infinity) this.#saveAt = now + SAVE_DELAY;
  }

  #save(): void {
    this.#saveAt = Infinity;
    const bound = this.#leases.list().filter(({ state }) => state === 'bound');
    this.#store?.save(bound satisfies readonly KeptLease[]);
  }
}

/** Of an Ethernet client; the fields are there. */
function isRequest({ b, at }: Query): boolean {
  return (
    Dhcp.op(b, at) === Dhcp.Op.REQUEST && Dhcp.hardwareType(b, at) === ETHERNET && Dhcp.hardwareLength(b, at) === MAC
  );
}

function macText(mac: Uint8Array): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
