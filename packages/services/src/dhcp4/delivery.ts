// Where an answer goes: RFC 2131 4.1, and for INFORM 4.3.5.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Query, ServiceNet } from '@reslirp/stack/service';
import * as Dhcp from '@reslirp/wire/dhcp4';

const { Port } = Dhcp;

const EVERYONE = 0xffffffff | 0;
const EVERYONE_MAC = new Uint8Array(6).fill(0xff);

export class Delivery {
  readonly #net: ServiceNet;
  readonly #from: Endpoint = new Endpoint();
  readonly #to: Endpoint = new Endpoint();

  constructor(net: ServiceNet) {
    this.#net = net;
    this.#from.set4(net.network.gateway4, Port.SERVER);
  }

  /** [0, end) of `b` to the client that asked, whose card is `mac`, and whose address is going to be `yours`; 0 for none. */
  answer(q: Query, mac: Uint8Array, yours: number, b: Uint8Array, end: number, now: number): void {
    this.#net.send(this.#from, this.#to, this.#destination(q, mac, yours), b, 0, end, now);
  }

  /** To a client of BOOTP: everyone, unless it has an address. RFC 951 4 lets us choose, and many have no way to hear more. */
  plainly(q: Query, b: Uint8Array, end: number, now: number): void {
    const isAtRest = this.isInside(Dhcp.ciaddr(q.b, q.at)) || Dhcp.giaddr(q.b, q.at) !== 0;
    const mac = isAtRest ? this.#destination(q, q.mac, 0) : this.#toEveryone();
    this.#net.send(this.#from, this.#to, mac, b, 0, end, now);
  }

  /** A NAK: to a client that may have no usable address. */
  refusal(q: Query, b: Uint8Array, end: number, now: number): void {
    const mac = Dhcp.giaddr(q.b, q.at) !== 0 ? this.#toRelay(q) : this.#toEveryone();
    this.#net.send(this.#from, this.#to, mac, b, 0, end, now);
  }

  #destination(q: Query, mac: Uint8Array, yours: number): Uint8Array {
    if (Dhcp.giaddr(q.b, q.at) !== 0) return this.#toRelay(q);
    const client = Dhcp.ciaddr(q.b, q.at) || (yours === 0 ? q.from.ip4 : 0);
    if (client !== 0 && this.isInside(client)) {
      this.#to.set4(client, Port.CLIENT);
      return q.mac;
    }
    if (Dhcp.isBroadcast(q.b, q.at)) return this.#toEveryone();
    this.#to.set4(yours, Port.CLIENT);
    return mac;
  }

  #toRelay(q: Query): Uint8Array {
    this.#to.set4(Dhcp.giaddr(q.b, q.at), Port.SERVER);
    return q.mac;
  }

  #toEveryone(): Uint8Array {
    this.#to.set4(EVERYONE, Port.CLIENT);
    return EVERYONE_MAC;
  }

  isInside(ip: number): boolean {
    return (ip & this.#net.network.mask4) === this.#net.network.address4;
  }
}
