// What a machine boots from the network: which file, and where it is. Fields `siaddr`, `sname` and `file` of RFC 951 and RFC 2131,
// options 66 and 67 of RFC 2132 9.4 and 9.5, and for UEFI's HTTP boot option 60 (UEFI 2.10, 24.7.3).
//
// Who asks decides about the file; the first of these that is configured counts:
//
//   ipxe                         user class 'iPXE' (option 77), or options of iPXE (175)
//   bios, x64-uefi, arm64-http … an architecture that the client names (option 93, RFC 4578 2.1)
//   http                         vendor class 'HTTPClient' (option 60): takes URLs, and nothing else
//   (nothing)                    everybody
//
// The server is the gateway unless there is an address. A name that is none goes into option 66 and `sname` as it is, and `siaddr`
// stays the gateway: nobody resolves names for a client that cannot do it itself. What is configured as option 66 or 67 is also
// what the fields have.
import { ConfigError } from '@reslirp/stack';
import { format4, parse4 } from '@reslirp/wire/address';
import * as Dhcp from '@reslirp/wire/dhcp4';
import { ascii } from './domain-name.ts';

const { Option } = Dhcp;

type Architecture =
  | 'bios'
  | 'x86-uefi'
  | 'x64-uefi'
  | 'arm-uefi'
  | 'arm64-uefi'
  | 'x86-http'
  | 'x64-http'
  | 'arm-http'
  | 'arm64-http'
  | 'bios-http'
  | 'arm-uboot'
  | 'arm64-uboot'
  | 'riscv64-uefi'
  | 'riscv64-http'
  | 'loong64-uefi'
  | 'loong64-http';

/** IANA, "Processor Architecture Types"; 9 is bytecode by its name and x64 in the firmware that is out there. */
const ARCHITECTURES: Readonly<Record<Architecture, readonly number[]>> = {
  bios: [0],
  'x86-uefi': [6],
  'x64-uefi': [7, 9],
  'arm-uefi': [10],
  'arm64-uefi': [11],
  'x86-http': [15],
  'x64-http': [16],
  'arm-http': [18],
  'arm64-http': [19],
  'bios-http': [20],
  'arm-uboot': [21],
  'arm64-uboot': [22],
  'riscv64-uefi': [27],
  'riscv64-http': [28],
  'loong64-uefi': [39],
  'loong64-http': [40],
};

/** Who boots. */
export type BootClient = 'ipxe' | 'http' | Architecture;

const NAMED = Object.keys(ARCHITECTURES) as Architecture[];

export const BOOT_CLIENTS: readonly BootClient[] = ['ipxe', 'http', ...NAMED];

export interface Dhcp4BootFile {
  /** Everybody whom no other file is for. */
  readonly when?: BootClient;
  /** A path for TFTP, or a URL: 1 to 255 characters of ASCII. The last one for the same client counts. */
  readonly file: string;
}

export interface Dhcp4Boot {
  readonly files?: readonly Dhcp4BootFile[];
  /** Where the file is, an IPv4 address or a name that goes to the client as it is: the gateway. */
  readonly serverName?: string;
}

/** A Dhcp4Boot that has been checked. */
export interface BootSettings {
  /** By client; '' for everybody. */
  readonly files: ReadonlyMap<BootClient | '', Uint8Array>;
  /** Empty: the gateway's address. */
  readonly serverName: Uint8Array;
}

const LONGEST = 255;
const NOTHING = new Uint8Array(0);

/** Throws ConfigError. */
export function bootSettings(field: string, { files = [], serverName }: Dhcp4Boot): BootSettings {
  const name = serverName === undefined ? NOTHING : text(`${field}.serverName`, serverName);
  const all = files.map(({ when, file }, i): [BootClient | '', Uint8Array] => {
    const where = `${field}.files[${i}]`;
    if (when !== undefined && !BOOT_CLIENTS.includes(when))
      throw new ConfigError(where, `there is no client '${when}'`);
    if (isForHttp(when) && !/^https?:/i.test(file)) throw new ConfigError(where, `'${file}' is not a URL of HTTP`);
    return [when ?? '', text(where, file)];
  });
  return { files: new Map(all), serverName: name };
}

function isForHttp(when: BootClient | undefined): boolean {
  return when !== undefined && /(^|-)http$/.test(when);
}

function text(field: string, value: string): Uint8Array {
  if (value.length > LONGEST) throw new ConfigError(field, `is longer than ${LONGEST} bytes`);
  if (!/^[\x21-\x7e]+$/.test(value)) throw new ConfigError(field, `'${value}' is not text of ASCII characters`);
  return ascii(value);
}

const IPXE = ascii('iPXE');
const HTTP_CLIENT = ascii('HTTPClient');
const HTTP = ascii('http');

export class Boot {
  /** Of the client that was looked at: option 67; empty for none. */
  file: Uint8Array = NOTHING;
  /** Option 60. */
  vendorClass: Uint8Array = NOTHING;
  /** Option 66; empty for none. */
  readonly server: Uint8Array;
  /** `siaddr`; 0 for none. */
  readonly address: number;
  readonly #files: ReadonlyMap<BootClient | '', Uint8Array>;
  /** Undefined: by the client. Null: none. */
  readonly #always: Uint8Array | null | undefined;

  /** `boot` null: nothing is said of it. `options`: as they are configured, null for one that is not sent. */
  constructor(boot: BootSettings | null, options: ReadonlyMap<number, Uint8Array | null>, gateway: number) {
    const given = options.get(Option.TFTP_SERVER);
    const name = boot === null || boot.serverName.length > 0 ? boot?.serverName : ascii(format4(gateway));
    this.server = given === undefined ? (name ?? NOTHING) : (given ?? NOTHING);
    this.#always = options.get(Option.BOOT_FILE);
    this.#files = boot?.files ?? new Map();
    const isMeant = boot !== null || this.server.length > 0 || !!this.#always;
    this.address = parse4(String.fromCharCode(...this.server)) ?? (isMeant ? gateway : 0);
  }

  /** Reads who sends the message. `hasOptions`: false for a client of RFC 951. */
  look(b: Uint8Array, at: number, end: number, hasOptions: boolean): void {
    const isHttp = hasOptions && begins(b, at, end, Option.VENDOR_CLASS, HTTP_CLIENT);
    const file = this.#always === undefined ? this.#choose(b, at, end, hasOptions, isHttp) : this.#always;
    // UEFI takes an offer with this class for one of HTTP, and no other
    const isFit = file !== null && (!isHttp || HTTP.every((c, i) => ((file[i] ?? 0) | 0x20) === c));
    this.file = isFit ? file : NOTHING;
    this.vendorClass = isHttp && isFit ? HTTP_CLIENT : NOTHING;
  }

  /** Writes the fields of the header at `at` of `b`, which are empty; what does not fit with a zero behind it is an option only. */
  emit(b: Uint8Array, at: number): void {
    if (this.server.length < Dhcp.SNAME_SIZE) b.set(this.server, at + Dhcp.SNAME);
    if (this.file.length < Dhcp.FILE_SIZE) b.set(this.file, at + Dhcp.FILE);
  }

  #choose(b: Uint8Array, at: number, end: number, hasOptions: boolean, isHttp: boolean): Uint8Array | null {
    const files = this.#files;
    const all = files.get('') ?? null;
    if (!hasOptions || files.size === 0) return all;
    const ipxe = files.get('ipxe');
    if (ipxe !== undefined && isIpxe(b, at, end)) return ipxe;
    return this.#ofArchitecture(b, at, end) ?? (isHttp ? files.get('http') : undefined) ?? all;
  }

  /** RFC 4578 2.1: one or several numbers of two bytes. */
  #ofArchitecture(b: Uint8Array, at: number, end: number): Uint8Array | null {
    const p = Dhcp.option(b, at, end, Option.CLIENT_ARCHITECTURE);
    if (p < 0) return null;
    const stop = p + 1 + (b[p] ?? 0);
    for (let q = p + 1; q + 1 < stop; q += 2) {
      const name = BY_NUMBER.get(((b[q] ?? 0) << 8) | (b[q + 1] ?? 0));
      const file = name === undefined ? undefined : this.#files.get(name);
      if (file !== undefined) return file;
    }
    return null;
  }
}

const BY_NUMBER: ReadonlyMap<number, BootClient> = new Map(
  NAMED.flatMap((name) => ARCHITECTURES[name].map((number): [number, BootClient] => [number, name])),
);

/** The class stands alone, as iPXE sends it, or behind its length, as RFC 3004 has it. */
function isIpxe(b: Uint8Array, at: number, end: number): boolean {
  const p = Dhcp.option(b, at, end, Option.USER_CLASS);
  const isClass = p >= 0 && (startsAt(b, p + 1, b[p] ?? 0, IPXE) || startsAt(b, p + 2, (b[p] ?? 0) - 1, IPXE));
  return isClass || Dhcp.option(b, at, end, Option.IPXE) >= 0;
}

function begins(b: Uint8Array, at: number, end: number, code: number, text: Uint8Array): boolean {
  const p = Dhcp.option(b, at, end, code);
  return p >= 0 && startsAt(b, p + 1, b[p] ?? 0, text);
}

function startsAt(b: Uint8Array, p: number, size: number, text: Uint8Array): boolean {
  return size >= text.length && text.every((c, i) => b[p + i] === c);
}
