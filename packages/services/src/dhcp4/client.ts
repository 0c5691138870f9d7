// Who asks: what a request says of its client. One object, filled anew by each request.
import type { Query } from '@reslirp/stack/service';
import * as Dhcp from '@reslirp/wire/dhcp4';
import { type Fqdn, isPrivate, readFqdn } from './fqdn.ts';
import { firstLabel } from './names.ts';

const { Option } = Dhcp;

const MAC = 6;
const ETHERNET = '01';
/** RFC 2132 9.14 */
const SHORTEST_ID = 2;

export class Client {
  /** Six bytes. */
  readonly mac: Uint8Array = new Uint8Array(MAC);
  /** The same in hexadecimal. */
  macKey: string = '';
  /** Option 61, else type and address of the hardware (RFC 2131 4.2), in hexadecimal. */
  key: string = '';
  /** What it calls itself: one label in lower case, or empty. */
  name: string = '';
  /** Null: it sent none. */
  fqdn: Fqdn | null = null;
  readonly #value: Uint8Array = new Uint8Array(255);

  /** `hasOptions`: false for a client of RFC 951. */
  read(q: Query, hasOptions: boolean): void {
    for (let i = 0; i < MAC; i++) this.mac[i] = q.b[q.at + Dhcp.CHADDR + i] ?? 0;
    this.macKey = hex(this.mac, MAC);
    const id = hasOptions ? this.#copy(q, Option.CLIENT_ID) : -1;
    this.key = id >= SHORTEST_ID ? hex(this.#value, id) : ETHERNET + this.macKey;
    const fqdn = hasOptions ? this.#copy(q, Option.FQDN) : -1;
    this.fqdn = fqdn < 0 ? null : readFqdn(this.#value, fqdn);
    this.name = hasOptions ? this.#name(q) : '';
  }

  /** RFC 4702 3.1: with an FQDN there, the host name says nothing. */
  #name(q: Query): string {
    if (this.fqdn !== null) return isPrivate(this.fqdn) ? '' : firstLabel(this.fqdn.name);
    const size = this.#copy(q, Option.HOST_NAME);
    // RFC 2132 2: a zero at the end is tolerated
    return size < 0 ? '' : firstLabel(String.fromCharCode(...this.#value.subarray(0, size)).replace(/\0+$/, ''));
  }

  #copy(q: Query, code: number): number {
    return Dhcp.copyOption(q.b, q.at, q.end, code, this.#value, 0, this.#value.length);
  }
}

function hex(b: Uint8Array, size: number): string {
  let text = '';
  for (let i = 0; i < size; i++) text += (b[i] ?? 0).toString(16).padStart(2, '0');
  return text;
}
