// What the server says: one message at a time, in a buffer that every link can carry.
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { Query, ServiceNet } from '@reslirp/stack/service';
import * as Dhcp from '@reslirp/wire/dhcp6';
import { ascii } from '../dhcp4/domain-name.ts';
import { FOR_EVER, type Settings } from './settings.ts';

const { Option, Status } = Dhcp;

/** RFC 8200 5: 1,280 without the headers of IPv6 and UDP. */
const ROOM = 1_232;
const ADDRESS = 16;
const HIGHEST_PREFERENCE = 255;
/** RFC 5908 4.1: an address within option 56. */
const NTP_ADDRESS = 1;

const TEXTS: Readonly<Record<number, Uint8Array>> = {
  [Status.SUCCESS]: ascii('done'),
  [Status.NO_ADDRESSES]: ascii('no address is left'),
  [Status.NO_BINDING]: ascii('that is not yours'),
  [Status.NOT_ON_LINK]: ascii('that is not of this network'),
  [Status.USE_MULTICAST]: ascii('say it to ff02::1:2'),
  [Status.NO_PREFIX]: ascii('there are no prefixes here'),
};

export class ReplyWriter {
  readonly bytes: Uint8Array = new Uint8Array(ROOM);
  /** Options that there was no room for. */
  omitted: number = 0;
  readonly #settings: Settings;
  readonly #duid: Uint8Array;
  readonly #nameservers: Uint8Array;
  readonly #bootFileUrl: Uint8Array;
  readonly #address: Uint8Array = new Uint8Array(ADDRESS);
  #end: number = 0;

  constructor(settings: Settings, duid: Uint8Array, { v6 }: ServiceNet['network']) {
    this.#settings = settings;
    this.#duid = duid;
    const own = new Uint8Array(ADDRESS);
    v6?.nameserver.put6(own, 0);
    this.#nameservers = settings.nameservers ?? own;
    this.#bootFileUrl = ascii(urlOf(settings.bootFile, v6?.gateway ?? null));
  }

  get end(): number {
    return this.#end;
  }

  /** Begins the answer to `q`: who it is from, and for. */
  begin(type: number, { b, at, end }: Query): void {
    this.#end = Dhcp.emit(this.bytes, 0, type, Dhcp.transaction(b, at));
    this.#put(Option.SERVER_ID, this.#duid);
    const client = Dhcp.option(b, at, end, Option.CLIENT_ID);
    if (client >= 0) this.#put(Option.CLIENT_ID, b.subarray(client + Dhcp.VALUE, Dhcp.next(b, client)));
    if (type === Dhcp.Type.ADVERTISE) this.#put(Option.PREFERENCE, Uint8Array.of(HIGHEST_PREFERENCE));
  }

  rapid(): void {
    this.#put(Option.RAPID_COMMIT, new Uint8Array(0));
  }

  status(status: number): void {
    this.#keep(Dhcp.emitStatus(this.bytes, this.#end, ROOM, status, TEXTS[status]!));
  }

  /** An association whose answer is a status. */
  refuse(code: number, iaid: number, status: number): void {
    const ia = this.#end;
    const inner = Dhcp.emitIa(this.bytes, ia, ROOM, code, iaid, 0, 0);
    this.#close(ia, Dhcp.emitStatus(this.bytes, inner, ROOM, status, TEXTS[status]!));
  }

  /** An association with its address, and those of the client's IA at `p` (−1: none) that it must not use any more. */
  grant(iaid: number, address: Endpoint, q: Query, p: number): void {
    const { leaseSeconds: seconds } = this.#settings;
    const ia = this.#end;
    const part = (share: number): number => (seconds === FOR_EVER ? seconds : Math.floor(seconds * share));
    // RFC 8415 21.4: half of the preferred lifetime, and four fifths
    let next = Dhcp.emitIa(this.bytes, ia, ROOM, Option.IA_NA, iaid, part(0.5), part(0.8));
    address.put6(this.#address, 0);
    next = Dhcp.emitAddress(this.bytes, next, ROOM, this.#address, 0, seconds, seconds);
    this.#close(ia, p < 0 ? next : this.#withdraw(next, q, p));
  }

  /** An association none of whose addresses is to be used any more. */
  withdrawn(iaid: number, q: Query, p: number): void {
    const ia = this.#end;
    const next = Dhcp.emitIa(this.bytes, ia, ROOM, Option.IA_NA, iaid, 0, 0);
    this.#address.fill(0);
    this.#close(ia, this.#withdraw(next, q, p));
  }

  /** What the client asks for of all that is not an address (RFC 8415 18.3). */
  configuration({ b, at, end }: Query, isInformation: boolean): void {
    const { search, ntp, bootFileParameters, refreshSeconds } = this.#settings;
    const give = (code: number, value: Uint8Array): void => {
      if (value.length > 0 && Dhcp.isRequested(b, at, end, code)) this.#put(code, value);
    };
    give(Option.DNS, this.#nameservers);
    give(Option.SEARCH, search);
    give(Option.SNTP, ntp);
    if (Dhcp.isRequested(b, at, end, Option.NTP)) this.#ntp(ntp);
    give(Option.BOOT_FILE_URL, this.#bootFileUrl);
    give(Option.BOOT_FILE_PARAMETERS, bootFileParameters);
    if (isInformation && Dhcp.isRequested(b, at, end, Option.REFRESH)) {
      this.#keep(Dhcp.emit32(this.bytes, this.#end, ROOM, Option.REFRESH, refreshSeconds));
    }
  }

  /** RFC 5908: one option for each server. */
  #ntp(all: Uint8Array): void {
    for (let i = 0; i < all.length; i += ADDRESS) {
      const v = Dhcp.emitOption(this.bytes, this.#end, ROOM, Option.NTP, Dhcp.VALUE + ADDRESS);
      this.#keep(Dhcp.emitBytes(this.bytes, v, ROOM, NTP_ADDRESS, all.subarray(i, i + ADDRESS)));
    }
  }

  /** RFC 8415 18.3.4: lifetimes of 0 for the addresses of the IA at `p` but the one in #address. */
  #withdraw(next: number, { b }: Query, p: number): number {
    for (let a = Dhcp.address(b, p); a >= 0 && next >= 0; a = Dhcp.address(b, p, a)) {
      const v = a + Dhcp.VALUE;
      if (!this.#address.every((byte, i) => b[v + i] === byte)) {
        next = Dhcp.emitAddress(this.bytes, next, ROOM, b, v, 0, 0);
      }
    }
    return next;
  }

  #put(code: number, value: Uint8Array): void {
    this.#keep(Dhcp.emitBytes(this.bytes, this.#end, ROOM, code, value));
  }

  #close(ia: number, stop: number): void {
    if (stop >= 0) Dhcp.close(this.bytes, ia, stop);
    this.#keep(stop);
  }

  #keep(stop: number): void {
    if (stop < 0) this.omitted++;
    else this.#end = stop;
  }
}

/** RFC 5970 3.1: a URL. A file by itself is one of the gateway's TFTP server (RFC 3617). */
function urlOf(file: string, gateway: Endpoint | null): string {
  if (file === '' || gateway === null || /^[a-z][a-z0-9+.-]*:\/\//i.test(file)) return file;
  return `tftp://[${gateway.address()}]/${file.replace(/^\/+/, '')}`;
}
