// DHCP server for the one network behind the cable, RFC 2131.
//
//   DISCOVER                         → OFFER, or silence when all addresses are taken
//   REQUEST  SELECTING               → ACK or NAK; silence when it takes another server's offer
//            INIT-REBOOT, RENEWING, REBINDING → ACK or NAK
//   RELEASE, DECLINE                 → nothing is said
//   INFORM                           → ACK with options alone
//
// The network has no other server, so this one is authoritative: it answers with ACK or NAK where RFC 2131 4.3.2 asks a server
// without a record of the client to be silent. A guest then keeps its address over a restart of ours, or leaves a foreign one
// at once. No address is probed before it is given: a guest that finds it in use declines it.
// Left out: plain BOOTP, relays of other networks and their option 82, hardware other than Ethernet, rapid commit.
// Memory: one row per client, capped by the pool and Dhcp4Config.maxLeases; one message.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Binding, Query, Service, ServiceNet } from '@reslirp/stack/service';
import * as Dhcp from '@reslirp/wire/dhcp4';
import { type Lease, LeaseTable } from './leases.ts';
import { Pool } from './pool.ts';
import { ReplyWriter } from './reply.ts';
import { type Dhcp4Config, FOR_EVER, type Settings, SHORTEST, settings } from './settings.ts';

const { Message, Option, Port } = Dhcp;

const ETHERNET = 1;
const MAC = 6;
const EVERYONE = 0xffffffff | 0;
const EVERYONE_MAC = new Uint8Array(MAC).fill(0xff);

export interface Dhcp4Server extends Service {
  /** Every address that has or had a client. Live before `until`, in milliseconds of the stack's clock. */
  leases(): Lease[];
  /** Counters by name: what was said, and why nothing was. */
  stats(): Record<string, number>;
}

/** Throws ConfigError; start() does when the pool does not fit the network. */
export function dhcp4Server(config: Dhcp4Config = {}): Dhcp4Server {
  return new Server(settings(config));
}

const counters = {
  offers: 0,
  acks: 0,
  naks: 0,
  releases: 0,
  declines: 0,
  /** A RELEASE or DECLINE of an address that its client does not have. */
  notHeld: 0,
  /** No address was left. */
  full: 0,
  /** Not a DHCP request of an Ethernet client, or one without what its type needs. */
  malformed: 0,
  /** A request without a message type, of RFC 951. */
  bootp: 0,
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
  readonly #stats: typeof counters = { ...counters };
  readonly #from: Endpoint = new Endpoint();
  readonly #to: Endpoint = new Endpoint();
  readonly #mac: Uint8Array = new Uint8Array(MAC);
  readonly #id: Uint8Array = new Uint8Array(255);
  #net!: ServiceNet;
  #leases!: LeaseTable;
  #reply!: ReplyWriter;

  constructor(checked: Settings) {
    this.#settings = checked;
  }

  start(net: ServiceNet): void {
    this.#net = net;
    this.#leases = new LeaseTable(new Pool(net.network, this.#settings.start), this.#settings.maxLeases);
    this.#reply = new ReplyWriter(this.#settings, net.network);
    this.#from.set4(net.network.gateway4, Port.SERVER);
  }

  leases(): Lease[] {
    return this.#leases.list();
  }

  stats(): Record<string, number> {
    return { ...this.#stats, omitted: this.#reply.omitted };
  }

  received(q: Query, now: number): void {
    const malformed = check(q);
    if (malformed !== null) {
      this.#stats[malformed]++;
      return;
    }
    const relay = Dhcp.giaddr(q.b, q.at);
    if (relay !== 0 && !this.#inside(relay)) {
      this.#stats.otherNetwork++;
      return;
    }
    for (let i = 0; i < MAC; i++) this.#mac[i] = q.b[q.at + Dhcp.CHADDR + i] ?? 0;
    this.#dispatch(q, now);
  }

  #dispatch(q: Query, now: number): void {
    const type = Dhcp.messageType(q.b, q.at, q.end);
    if (type === Message.DISCOVER) this.#discover(q, now);
    else if (type === Message.REQUEST) this.#request(q, now);
    else if (type === Message.RELEASE) this.#release(q, now);
    else if (type === Message.DECLINE) this.#decline(q, now);
    else if (type === Message.INFORM) this.#inform(q, now);
    else if (type === 0) this.#stats.bootp++;
    else this.#stats.malformed++;
  }

  #discover(q: Query, now: number): void {
    const wanted = Dhcp.option32(q.b, q.at, q.end, Option.REQUESTED_IP, 0);
    const lease = this.#leases.offer(this.#client(q), this.#mac, wanted, now);
    if (lease === null) {
      this.#stats.full++;
      return;
    }
    this.#stats.offers++;
    this.#send(q, Message.OFFER, lease.address, this.#seconds(q), now);
  }

  /** RFC 2131 4.3.2: the state of the client shows in which fields it fills. */
  #request(q: Query, now: number): void {
    const client = this.#client(q);
    const selected = Dhcp.option32(q.b, q.at, q.end, Option.SERVER_ID, 0);
    if (selected !== 0 && selected !== this.#from.ip4) {
      this.#leases.withdraw(client);
      this.#stats.otherServer++;
      return;
    }
    // SELECTING and INIT-REBOOT fill the option, RENEWING and REBINDING ciaddr
    const requested = Dhcp.option32(q.b, q.at, q.end, Option.REQUESTED_IP, 0);
    const address = selected === 0 ? Dhcp.ciaddr(q.b, q.at) || requested : requested || Dhcp.ciaddr(q.b, q.at);
    if (address === 0) {
      this.#stats.malformed++;
      return;
    }
    const seconds = this.#seconds(q);
    const until = seconds === FOR_EVER ? Number.POSITIVE_INFINITY : now + seconds * 1000;
    if (this.#leases.bind(client, this.#mac, address, now, until) === null) {
      this.#refuse(q, address, now);
      return;
    }
    this.#stats.acks++;
    // Behind a relay the client is not on our cable: its relay is
    if (Dhcp.giaddr(q.b, q.at) === 0) this.#net.neighbour(this.#to.set4(address, 0), this.#mac, now);
    this.#send(q, Message.ACK, address, seconds, now);
  }

  #refuse(q: Query, address: number, now: number): void {
    this.#stats.naks++;
    const why = this.#inside(address) ? 'requested address not available' : 'requested address not of this network';
    const end = this.#reply.nak(q.b, q.at, q.end, why);
    const relayed = Dhcp.giaddr(q.b, q.at) !== 0;
    const mac = relayed ? this.#toRelay(q) : this.#toEveryone();
    this.#net.send(this.#from, this.#to, mac, this.#reply.bytes, 0, end, now);
  }

  #release(q: Query, now: number): void {
    if (!this.#meant(q)) return;
    const released = this.#leases.release(this.#client(q), Dhcp.ciaddr(q.b, q.at), now);
    this.#stats[released ? 'releases' : 'notHeld']++;
  }

  #decline(q: Query, now: number): void {
    if (!this.#meant(q)) return;
    const address = Dhcp.option32(q.b, q.at, q.end, Option.REQUESTED_IP, 0);
    const declined = this.#leases.decline(this.#client(q), address, now);
    this.#stats[declined ? 'declines' : 'notHeld']++;
  }

  /** RFC 2131 4.3.5. Some clients leave ciaddr empty: then the packet came from their address. */
  #inform(q: Query, now: number): void {
    const client = Dhcp.ciaddr(q.b, q.at) || q.from.ip4;
    if (!this.#inside(client)) {
      this.#stats.otherNetwork++;
      return;
    }
    this.#stats.acks++;
    this.#send(q, Message.ACK, 0, 0, now);
  }

  /** Where an OFFER or ACK goes: RFC 2131 4.1, and for INFORM 4.3.5. */
  #send(q: Query, type: number, yours: number, seconds: number, now: number): void {
    const end = this.#reply.configured(type, q.b, q.at, q.end, yours, seconds);
    const mac = this.#destination(q, yours);
    this.#net.send(this.#from, this.#to, mac, this.#reply.bytes, 0, end, now);
  }

  #destination(q: Query, yours: number): Uint8Array {
    if (Dhcp.giaddr(q.b, q.at) !== 0) return this.#toRelay(q);
    const client = Dhcp.ciaddr(q.b, q.at) || (yours === 0 ? q.from.ip4 : 0);
    if (client !== 0 && this.#inside(client)) {
      this.#to.set4(client, Port.CLIENT);
      return q.mac;
    }
    if (Dhcp.isBroadcast(q.b, q.at)) return this.#toEveryone();
    this.#to.set4(yours, Port.CLIENT);
    return this.#mac;
  }

  #toRelay(q: Query): Uint8Array {
    this.#to.set4(Dhcp.giaddr(q.b, q.at), Port.SERVER);
    return q.mac;
  }

  #toEveryone(): Uint8Array {
    this.#to.set4(EVERYONE, Port.CLIENT);
    return EVERYONE_MAC;
  }

  /** Whether RELEASE or DECLINE names us, or nobody. */
  #meant(q: Query): boolean {
    const server = Dhcp.option32(q.b, q.at, q.end, Option.SERVER_ID, 0);
    if (server === 0 || server === this.#from.ip4) return true;
    this.#stats.otherServer++;
    return false;
  }

  /** What the client asks for (RFC 2131 4.3.1), and no more than we give. */
  #seconds(q: Query): number {
    const asked = Dhcp.option32(q.b, q.at, q.end, Option.LEASE_TIME, 0) >>> 0;
    return asked === 0 ? this.#settings.leaseSeconds : Math.min(this.#settings.leaseSeconds, Math.max(SHORTEST, asked));
  }

  /** Option 61, else type and address of the hardware (RFC 2131 4.2), in hexadecimal. */
  #client(q: Query): string {
    const size = Dhcp.copyOption(q.b, q.at, q.end, Option.CLIENT_ID, this.#id, 0, this.#id.length);
    if (size >= 2) return hex(this.#id, size);
    return `01${hex(this.#mac, MAC)}`;
  }

  #inside(ip: number): boolean {
    return (ip & this.#net.network.mask4) === this.#net.network.address4;
  }
}

/** Null: a request of an Ethernet client, and every reader is safe on it. Else what to count. */
function check(q: Query): 'malformed' | 'bootp' | null {
  const why = Dhcp.check(q.b, q.at, q.end);
  if (why === Dhcp.Malformed.COOKIE) return 'bootp';
  if (why !== Dhcp.Malformed.NO || Dhcp.op(q.b, q.at) !== Dhcp.Op.REQUEST) return 'malformed';
  return Dhcp.hardwareType(q.b, q.at) === ETHERNET && Dhcp.hardwareLength(q.b, q.at) === MAC ? null : 'malformed';
}

function hex(b: Uint8Array, size: number): string {
  let text = '';
  for (let i = 0; i < size; i++) text += (b[i] ?? 0).toString(16).padStart(2, '0');
  return text;
}
