// What the server says: the messages OFFER, ACK and NAK, RFC 2131 4.3 and table 3, with the options of RFC 2132; and to a client
// of BOOTP a message without those of DHCP, no longer than its own (RFC 1542 2.1) or 300 bytes.
//
// First come the options that a reply must have, then those that the client asked for (option 55), in its order, then names
// that it did not ask for but that somebody configured for it (RFC 2131 4.3.1; busybox never asks for a search list): all as
// long as there is room within its largest message (57). A client without a list gets everything. What is configured for an
// option goes before what the server would say by itself. Another option is one more case in #option(). What machines boot is for
// boot.ts to say. Left out: options in the fields `sname` and `file` (52).
import type { ServiceNet } from '@reslirp/stack/service';
import * as Dhcp from '@reslirp/wire/dhcp4';
import { Boot } from './boot.ts';
import { ascii } from './domain-name.ts';
import { defaultRoute, hasDefaultRoute } from './option-value.ts';
import { FOR_EVER, type Settings } from './settings.ts';

const { Message, Op, Option } = Dhcp;

/** IPv4 and UDP headers: option 57 counts them (RFC 2132 9.10 takes the 576 bytes of RFC 791). */
const IP_UDP = 28;
/** RFC 2131 2: what every client takes. */
const SMALLEST = 576;
/** More than this is never needed, whatever a client says it takes. */
const LARGEST = 1500;

/** To a client without a list, in this order. RFC 2132 3.3: the subnet mask goes before the routers; it is always sent. */
const USUAL = Uint8Array.of(
  Option.ROUTER,
  Option.DNS,
  Option.MTU,
  Option.BROADCAST,
  Option.HOST_NAME,
  Option.DOMAIN_NAME,
  Option.DOMAIN_SEARCH,
);

/** Asked for or not, and whatever else is configured. */
const CONFIGURED = [
  Option.VENDOR_CLASS,
  Option.TFTP_SERVER,
  Option.BOOT_FILE,
  Option.HOST_NAME,
  Option.DOMAIN_NAME,
  Option.DOMAIN_SEARCH,
];

/** Of RFC 951: neither an option of DHCP nor its type. */
export const BOOTP = 0;
const COOKIE_SIZE = 4;

/** What one client is told. */
export interface Answer {
  /** Of Message; BOOTP. */
  type: number;
  /** The client's address; 0 in the answer to INFORM (RFC 2131 4.3.5). */
  yours: number;
  /** Of the lease; 0 where there is none to speak of. */
  seconds: number;
  /** Option 12 of this client; empty for the one that all have. */
  hostname: Uint8Array;
  /** Option 81, RFC 4702; null for none. */
  fqdn: Uint8Array | null;
  /** An ACK without an OFFER before it, RFC 4039. */
  isRapid: boolean;
}

export class ReplyWriter {
  /** The last message, from offset 0. */
  readonly bytes: Uint8Array = new Uint8Array(LARGEST);
  /** Options that found no room. */
  omitted: number = 0;
  readonly #network: ServiceNet['network'];
  readonly #settings: Settings;
  readonly #nameservers: readonly number[];
  readonly #value: Uint8Array = new Uint8Array(255);
  readonly #sent: Uint8Array = new Uint8Array(256);
  readonly #given: ReadonlyMap<number, Uint8Array | null>;
  readonly #configured: Uint8Array;
  readonly #boot: Boot;
  #hostname: Uint8Array;

  constructor(settings: Settings, network: ServiceNet['network']) {
    this.#settings = settings;
    this.#network = network;
    this.#nameservers = settings.nameservers ?? [network.nameserver4];
    this.#given = withRoutes(settings, network.gateway4);
    this.#boot = new Boot(settings.boot, settings.options, network.gateway4);
    this.#configured = Uint8Array.from([...CONFIGURED, ...settings.options.keys()]);
    this.#hostname = settings.hostname;
  }

  /** An OFFER, ACK or reply of BOOTP to the request [at, end) of `b`. Returns the end of the message. */
  configured(answer: Answer, b: Uint8Array, at: number, end: number): number {
    const { type, seconds, hostname } = answer;
    const isBootp = type === BOOTP;
    const stop = (isBootp ? Math.max(Dhcp.MIN_MESSAGE, Math.min(end - at, LARGEST)) : this.#size(b, at, end)) - 1;
    this.#hostname = hostname.length > 0 ? hostname : this.#settings.hostname;
    this.#boot.look(b, at, end, true);
    let next = this.#begin(type, b, at, end, stop, answer.yours);
    if (seconds > 0) next = this.#lease(next, stop, seconds);
    if (answer.isRapid) next = Dhcp.emitBytes(this.bytes, next, stop, Option.RAPID_COMMIT, this.#value, 0, 0);
    next = Dhcp.emit32(this.bytes, next, stop, Option.SUBNET_MASK, this.#network.mask4);
    const asked = isBootp ? -1 : Dhcp.copyOption(b, at, end, Option.PARAMETER_LIST, this.#value, 0, this.#value.length);
    this.#sent.fill(0);
    // Options of DHCP, RFC 2132 9: BOOTP has the fields of the header
    if (isBootp) this.#sent.fill(1, Option.TFTP_SERVER, Option.BOOT_FILE + 1);
    next = asked < 0 ? this.#options(USUAL, USUAL.length, next, stop) : this.#options(this.#value, asked, next, stop);
    if (answer.fqdn !== null) next = this.#orOmit(next, this.#text(Option.FQDN, next, stop, answer.fqdn));
    next = this.#options(this.#configured, this.#configured.length, next, stop);
    return Dhcp.emitEnd(this.bytes, 0, next, stop + 1);
  }

  /** As configured(), for a client that has never heard of options (no cookie, RFC 1497): the last 64 bytes are empty. */
  plain(answer: Answer, b: Uint8Array, at: number, end: number): number {
    this.#boot.look(b, at, end, false);
    this.#begin(answer.type, b, at, end, Dhcp.MIN_MESSAGE, answer.yours);
    this.bytes.fill(0, Dhcp.HEADER - COOKIE_SIZE, Dhcp.MIN_MESSAGE);
    return Dhcp.MIN_MESSAGE;
  }

  /** A NAK; `why` is for people. Returns the end of the message. */
  nak(b: Uint8Array, at: number, end: number, why: string): number {
    const stop = this.#size(b, at, end) - 1;
    const text = ascii(why);
    const next = this.#begin(Message.NAK, b, at, end, stop, 0);
    const after = Dhcp.emitBytes(this.bytes, next, stop, Option.TEXT, text, 0, text.length);
    return Dhcp.emitEnd(this.bytes, 0, after, stop + 1);
  }

  /** Room for the message, within what the client takes and what goes in one piece. */
  #size(b: Uint8Array, at: number, end: number): number {
    const taken = Math.max(SMALLEST, Dhcp.option16(b, at, end, Option.MAX_SIZE, SMALLEST));
    return Math.min(taken, LARGEST, Math.max(SMALLEST, this.#network.mtu)) - IP_UDP;
  }

  #begin(type: number, b: Uint8Array, at: number, end: number, stop: number, yours: number): number {
    const isNak = type === Message.NAK;
    const relay = Dhcp.giaddr(b, at);
    // RFC 2131 4.3.2: a relay broadcasts a NAK, since the client may have no usable address
    const broadcast = Dhcp.isBroadcast(b, at) || (isNak && relay !== 0);
    const client = type === Message.ACK || type === BOOTP ? Dhcp.ciaddr(b, at) : 0;
    const xid = Dhcp.xid(b, at);
    const chaddr = at + Dhcp.CHADDR;
    const server = isNak ? 0 : this.#boot.address;
    let next = Dhcp.emit(this.bytes, 0, Op.REPLY, xid, broadcast, client, yours, server, relay, b, chaddr);
    if (!isNak) this.#boot.emit(this.bytes, 0);
    if (type === BOOTP) return next;
    next = Dhcp.emit8(this.bytes, next, stop, Option.MESSAGE_TYPE, type);
    next = Dhcp.emit32(this.bytes, next, stop, Option.SERVER_ID, this.#network.gateway4);
    // RFC 6842 3: the client's identifier goes back
    const id = Dhcp.copyOption(b, at, end, Option.CLIENT_ID, this.#value, 0, this.#value.length);
    return id < 0 ? next : Dhcp.emitBytes(this.bytes, next, stop, Option.CLIENT_ID, this.#value, 0, id);
  }

  /** RFC 2131 4.4.5: T1 is half of the lease, T2 seven eighths; one without end is never renewed. */
  #lease(next: number, stop: number, seconds: number): number {
    next = Dhcp.emit32(this.bytes, next, stop, Option.LEASE_TIME, seconds);
    if (seconds === FOR_EVER) return next;
    next = Dhcp.emit32(this.bytes, next, stop, Option.RENEWAL_TIME, Math.floor(seconds / 2));
    return Dhcp.emit32(this.bytes, next, stop, Option.REBINDING_TIME, Math.floor(seconds * 0.875));
  }

  #options(asked: Uint8Array, count: number, next: number, stop: number): number {
    for (let i = 0; i < count; i++) {
      const code = asked[i] ?? 0;
      if (this.#sent[code] !== 0) continue;
      this.#sent[code] = 1;
      next = this.#orOmit(next, this.#option(code, next, stop));
    }
    return next;
  }

  /** Where the next option goes: `after` one, or again at `next` when it did not fit. */
  #orOmit(next: number, after: number): number {
    if (after < 0) this.omitted++;
    return after < 0 ? next : after;
  }

  /** Returns where the next option goes: `next` when we have no such option, -1 when it does not fit. */
  #option(code: number, next: number, stop: number): number {
    const n = this.#network;
    const given = this.#given.get(code);
    if (given !== undefined) return given === null ? next : this.#text(code, next, stop, given);
    switch (code) {
      case Option.ROUTER:
        return this.#settings.router ? Dhcp.emit32(this.bytes, next, stop, code, n.gateway4) : next;
      case Option.DNS:
        if (this.#nameservers.length === 0) return next;
        return Dhcp.emitAddresses(this.bytes, next, stop, code, this.#nameservers);
      case Option.MTU:
        return Dhcp.emit16(this.bytes, next, stop, code, n.mtu);
      case Option.BROADCAST:
        return Dhcp.emit32(this.bytes, next, stop, code, n.broadcast4);
      case Option.VENDOR_CLASS:
        return this.#text(code, next, stop, this.#boot.vendorClass);
      case Option.TFTP_SERVER:
        return this.#text(code, next, stop, this.#boot.server);
      case Option.BOOT_FILE:
        return this.#text(code, next, stop, this.#boot.file);
      case Option.HOST_NAME:
        return this.#text(code, next, stop, this.#hostname);
      case Option.DOMAIN_NAME:
        return this.#text(code, next, stop, this.#settings.domain);
      case Option.DOMAIN_SEARCH:
        return this.#text(code, next, stop, this.#settings.search);
      default:
        return next;
    }
  }

  #text(code: number, next: number, stop: number, value: Uint8Array): number {
    return value.length === 0 ? next : Dhcp.emitBytes(this.bytes, next, stop, code, value, 0, value.length);
  }
}

/**
 * What is configured, and what follows from it: a client that takes classless routes ignores the router (RFC 3442), which is
 * therefore one of them, unless there is a route to everywhere; and 249 is 121 for those who know nothing newer.
 */
function withRoutes({ options, router }: Settings, gateway: number): ReadonlyMap<number, Uint8Array | null> {
  const all = new Map(options);
  const isRouter = router && !options.has(Option.ROUTER);
  for (const code of [Option.CLASSLESS_ROUTES, Option.MS_CLASSLESS_ROUTES]) {
    const routes = options.get(code);
    if (!routes || !isRouter || hasDefaultRoute(routes)) continue;
    all.set(code, Uint8Array.from([...routes, ...defaultRoute(gateway)]));
  }
  const routes = all.get(Option.CLASSLESS_ROUTES);
  if (routes && !all.has(Option.MS_CLASSLESS_ROUTES)) all.set(Option.MS_CLASSLESS_ROUTES, routes);
  return all;
}
