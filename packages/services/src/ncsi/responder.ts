// The network card of a management controller (BMC): NC-SI, DMTF DSP0222. One package, number 0, with one channel, number 0, whose
// link is up; what is configured is agreed to and changes nothing, since the BMC's frames reach the network all the same.
//
// Package        commands for packages 1 to 7 are not answered: nobody is there, and that is how a BMC counts packages.
// Channel        other channels than 0 do not exist, which is said; 31 means the package.
// Unknown        commands are said to be unsupported (8.2.5), and so are those of PLDM, and of manufacturers that we are not.
// Left out: notifications (AENs), because nothing happens; and that channels want CLEAR INITIAL STATE first (6.2.4): who does not say
// it is answered as well. Counters of statistics are all zero.

import { ConfigError } from '@reslirp/stack';
import type { Binding, Service, ServiceNet } from '@reslirp/stack/service';
import { parseMac } from '@reslirp/wire/address';
import { i32, put8, put32, u8 } from '@reslirp/wire/bytes';
import * as Ether from '@reslirp/wire/ether';
import * as Ncsi from '@reslirp/wire/ncsi';
import { integer } from '../integer.ts';

const { Command, Code, Reason } = Ncsi;

export interface NcsiConfig {
  /** IANA's number of the card's manufacturer, 0 to 4294967295: 0. With 0x8119, Mellanox, its command for the MAC address works. */
  readonly manufacturer?: number;
  /** The address that the BMC gets by that command, such as '52:54:00:12:34:56': none, and the command says so. */
  readonly mac?: string;
}

export interface NcsiResponder extends Service {
  /** Counters by name: what was said, and why nothing was. */
  stats(): Record<string, number>;
}

/** Throws ConfigError. */
export function ncsiResponder(config: NcsiConfig = {}): NcsiResponder {
  return new Responder(config);
}

const MELLANOX = 0x8119;
const NOBODY = new Uint8Array(Ether.MAC);
const EVERYONE = new Uint8Array(Ether.MAC).fill(0xff);
const AT = Ether.HEADER;
/** Code and reason, and nothing else. */
const PLAIN = 4;

/** Bytes of the payload of the responses that are longer than PLAIN. */
const SIZES: Readonly<Record<number, number>> = {
  [Command.GET_LINK]: 16,
  [Command.GET_VERSION]: 40,
  [Command.GET_CAPABILITIES]: 32,
  [Command.GET_PARAMETERS]: 40,
  [Command.GET_PACKET_STATISTICS]: 172,
  [Command.GET_STATISTICS]: 172,
  [Command.GET_PASS_THROUGH_STATISTICS]: 172,
  [Command.GET_PACKAGE_STATUS]: 8,
  [Command.GET_PACKAGE_UUID]: 20,
};
const LONGEST = 172;
/** For the package: they do not look at the channel. */
const OF_PACKAGE: readonly number[] = [
  Command.SELECT_PACKAGE,
  Command.DESELECT_PACKAGE,
  Command.GET_PACKAGE_STATUS,
  Command.GET_PACKAGE_UUID,
];
const KNOWN: ReadonlySet<number> = new Set(Object.values(Command).filter((command) => command !== Command.PLDM));

/** Offsets in a payload. Version 1.0 in BCD, F for digits that are not there (DSP0222 8.4.44.1). */
const VERSION = 4;
const VERSION_1 = 0xf1f0_f000;
const VERSION_MANUFACTURER = 36;
const LINK = 4;
const LINK_UP = 1;
const CAPABILITIES = 4;
const UNICAST_FILTERS = 27;
const VLAN_MODES = 30;
const CHANNELS = 31;
/** Of a command of a manufacturer: its number, then what is the manufacturer's own. */
const MANUFACTURER = 4;
const OEM_UNKNOWN = 8;
/** Mellanox: command 0 with parameter 0x1b asks for the address. */
const OEM_ADDRESS = { size: 24, command: 0x00, parameter: 0x1b, status: 8, mac: 16 } as const;
const OEM_REQUEST = 8;

const counters = {
  responses: 0,
  /** Commands that do not exist, here. */
  unsupported: 0,
  /** A channel that is not there. */
  refused: 0,
  malformed: 0,
  checksum: 0,
  /** For another package, or no request. */
  notForUs: 0,
};

class Responder implements NcsiResponder {
  readonly name: string = 'ncsi';
  readonly egress: boolean = false;
  readonly bindings: readonly Binding[] = [];
  readonly etherTypes: readonly number[] = [Ether.Type.NCSI];
  readonly #manufacturer: number;
  readonly #mac: Uint8Array = new Uint8Array(Ether.MAC);
  readonly #stats: typeof counters = { ...counters };
  /** A response. */
  readonly #b: Uint8Array = new Uint8Array(AT + Ncsi.HEADER + LONGEST + 4);
  #net!: ServiceNet;

  constructor({ manufacturer, mac }: NcsiConfig) {
    this.#manufacturer = integer('manufacturer', manufacturer, 0, 0, 0xffff_ffff);
    if (mac !== undefined && (!parseMac(mac, this.#mac, 0) || Ether.isGroup(this.#mac, 0))) {
      throw new ConfigError('mac', `'${mac}' is not the MAC address of one card`);
    }
  }

  start(net: ServiceNet): void {
    this.#net = net;
  }

  stats(): Record<string, number> {
    return { ...this.#stats };
  }

  frame(b: Uint8Array, frame: number, end: number): void {
    const at = frame + Ether.HEADER;
    const why = Ncsi.check(b, at, end);
    if (why === Ncsi.Malformed.CHECKSUM) this.#stats.checksum++;
    else if (why !== Ncsi.Malformed.NO) this.#stats.malformed++;
    else if (Ncsi.isResponse(b, at) || Ncsi.packageId(b, at) !== 0) this.#stats.notForUs++;
    else this.#command(b, at);
  }

  #command(b: Uint8Array, at: number): void {
    const type = Ncsi.type(b, at);
    this.#b.fill(0);
    if (!KNOWN.has(type)) {
      this.#stats.unsupported++;
      this.#say(b, at, PLAIN, Code.UNSUPPORTED, Reason.UNKNOWN);
    } else if (!hasChannel(b, at)) {
      this.#stats.refused++;
      this.#say(b, at, PLAIN, Code.FAILED, Reason.PARAMETER);
    } else if (type === Command.OEM) this.#oem(b, at);
    else {
      this.#fill(type);
      this.#say(b, at, SIZES[type] ?? PLAIN, Code.COMPLETED, Reason.NO_ERROR);
    }
  }

  /** What a response has behind code and reason, where that is not zero. */
  #fill(type: number): void {
    const payload = AT + Ncsi.HEADER;
    if (type === Command.GET_LINK) put32(this.#b, payload + LINK, LINK_UP);
    else if (type === Command.GET_VERSION) {
      put32(this.#b, payload + VERSION, VERSION_1);
      put32(this.#b, payload + VERSION_MANUFACTURER, this.#manufacturer);
    } else if (type === Command.GET_CAPABILITIES) {
      this.#b.fill(0xff, payload + CAPABILITIES, payload + CAPABILITIES + 20);
      put8(this.#b, payload + UNICAST_FILTERS, 2);
      put8(this.#b, payload + VLAN_MODES, 0xff);
      put8(this.#b, payload + CHANNELS, 1);
    }
  }

  /** DSP0222 8.4.71. */
  #oem(b: Uint8Array, at: number): void {
    const request = at + Ncsi.HEADER;
    const size = Ncsi.length(b, at);
    if (size < MANUFACTURER) {
      this.#stats.refused++;
      this.#say(b, at, PLAIN, Code.FAILED, Reason.PAYLOAD_LENGTH);
      return;
    }
    const payload = AT + Ncsi.HEADER;
    this.#b.set(b.subarray(request, request + MANUFACTURER), payload + MANUFACTURER);
    if (!this.#asksForAddress(b, request, size)) {
      this.#stats.unsupported++;
      this.#say(b, at, OEM_UNKNOWN, Code.UNSUPPORTED, Reason.UNKNOWN);
      return;
    }
    const { status, mac, command, parameter } = OEM_ADDRESS;
    const isThere = !Ether.sameMac(this.#mac, 0, NOBODY, 0);
    put8(this.#b, payload + status, isThere ? 1 : 0);
    put8(this.#b, payload + status + 1, command);
    put8(this.#b, payload + status + 2, parameter);
    Ether.copyMac(this.#b, payload + mac, this.#mac, 0);
    this.#say(b, at, OEM_ADDRESS.size, Code.COMPLETED, Reason.NO_ERROR);
  }

  #asksForAddress(b: Uint8Array, request: number, size: number): boolean {
    if (size < OEM_REQUEST || this.#manufacturer !== MELLANOX || i32(b, request) !== MELLANOX) return false;
    const { command, parameter } = OEM_ADDRESS;
    return u8(b, request + MANUFACTURER + 1) === command && u8(b, request + MANUFACTURER + 2) === parameter;
  }

  /** The response, around its payload. To everybody, and from everybody: DSP0222 8.2.1. */
  #say(b: Uint8Array, at: number, size: number, code: number, reason: number): void {
    if (code === Code.COMPLETED) this.#stats.responses++;
    Ether.emit(this.#b, 0, EVERYONE, 0, EVERYONE, 0, Ether.Type.NCSI);
    const end = Ncsi.emitResponse(this.#b, AT, b, at, size, code, reason);
    this.#net.sendFrame(this.#b, 0, Math.max(end, Ether.MIN_FRAME));
  }
}

function hasChannel(b: Uint8Array, at: number): boolean {
  const channel = Ncsi.channel(b, at);
  return channel === 0 || channel === Ncsi.WHOLE_PACKAGE || OF_PACKAGE.includes(Ncsi.type(b, at));
}
