// Addresses that belong to one client each, by configuration: its hardware address or its identifier says which.
import { ConfigError } from '@reslirp/stack';
import { format4, parse4, parseMac } from '@reslirp/wire/address';
import { ascii, labels } from './domain-name.ts';

const MAC = 6;

/** A client with an address of its own. One of `mac` and `client` is there. */
export interface Dhcp4Host {
  /** '52:54:00:12:34:56' */
  readonly mac?: string;
  /** Option 61 in hexadecimal: '01525400123456', or longer. */
  readonly client?: string;
  /** Of the network, in the pool or not. */
  readonly address: string | number;
  /** One label: what the client is told it is called (option 12), and found as. */
  readonly name?: string;
}

export interface Reservation {
  readonly key: string;
  readonly byMac: boolean;
  /** int32 */
  readonly address: number;
  /** In lower case; empty for none. */
  readonly name: string;
  /** As it was written. */
  readonly hostname: Uint8Array;
}

/** Throws ConfigError. */
export function reservation(field: string, host: Dhcp4Host): Reservation {
  const { mac, client, name } = host;
  if ((mac === undefined) === (client === undefined)) throw new ConfigError(field, 'needs a mac or a client, not both');
  const address = typeof host.address === 'string' ? parse4(host.address) : host.address | 0;
  if (address === null) throw new ConfigError(`${field}.address`, `'${host.address}' is not an IPv4 address`);
  if (name !== undefined && labels(`${field}.name`, name).length > 1) {
    throw new ConfigError(`${field}.name`, `'${name}' has more than one label`);
  }
  const key = mac !== undefined ? macKey(field, mac) : idKey(field, client ?? '');
  const hostname = ascii(name ?? '');
  return { key, byMac: mac !== undefined, address, name: (name ?? '').toLowerCase(), hostname };
}

function macKey(field: string, text: string): string {
  if (!parseMac(text, new Uint8Array(MAC), 0)) throw new ConfigError(`${field}.mac`, `'${text}' is not a MAC address`);
  return text.replaceAll(/[:-]/g, '').toLowerCase();
}

function idKey(field: string, text: string): string {
  if (/^([0-9a-f]{2}){2,255}$/i.test(text)) return text.toLowerCase();
  throw new ConfigError(`${field}.client`, `'${text}' is not 2 to 255 bytes in hexadecimal`);
}

export class Reservations {
  readonly #byMac: Map<string, Reservation> = new Map();
  readonly #byClient: Map<string, Reservation> = new Map();
  readonly #byAddress: Map<number, Reservation> = new Map();
  readonly #byName: Map<string, Reservation> = new Map();

  /** Throws ConfigError where two have the same client, address or name. */
  constructor(all: readonly Reservation[]) {
    all.forEach((one, i) => {
      const keys = one.byMac ? this.#byMac : this.#byClient;
      const field = `hosts[${i}]`;
      if (keys.has(one.key)) throw new ConfigError(field, 'is the same client as one before it');
      if (this.#byAddress.has(one.address)) throw new ConfigError(field, `${format4(one.address)} is another one's`);
      if (one.name !== '' && this.#byName.has(one.name)) throw new ConfigError(field, `'${one.name}' is another one's`);
      keys.set(one.key, one);
      this.#byAddress.set(one.address, one);
      if (one.name !== '') this.#byName.set(one.name, one);
    });
  }

  get addresses(): readonly number[] {
    return [...this.#byAddress.keys()];
  }

  /** `mac`: twelve hexadecimal digits. */
  of(client: string, mac: string): Reservation | null {
    return this.#byClient.get(client) ?? this.#byMac.get(mac) ?? null;
  }

  at(address: number): Reservation | null {
    return this.#byAddress.get(address) ?? null;
  }

  called(name: string): Reservation | null {
    return this.#byName.get(name) ?? null;
  }
}
