// The forwards that clients of the API have made, as the API writes them.
import { ForwardBook, type ForwardCarrier } from '@reslirp/runtime/plane';

export interface Entry {
  readonly id: number;
  readonly proto: 'tcp' | 'udp';
  readonly host_addr: string;
  readonly host_port: number;
  readonly guest_addr: string;
  readonly guest_port: number;
}

export class Forwards {
  /** Where they go that name no other, IPv4. */
  readonly guest: string;
  readonly #book: ForwardBook;

  constructor(carrier: ForwardCarrier, guest: string) {
    this.#book = new ForwardBook(carrier);
    this.guest = guest;
  }

  /** Its number, which is not used again; null when the port cannot be had. */
  async add({ proto, host_addr, host_port, guest_addr, guest_port }: Omit<Entry, 'id'>): Promise<number | null> {
    const host = { address: host_addr, port: host_port };
    const guest = { address: guest_addr, port: guest_port };
    const made = await this.#book.add({ kind: 'hostfwd', by: 'api', request: { protocol: proto, host, guest } });
    return 'error' in made ? null : made.id;
  }

  list(): Entry[] {
    return this.#book.list().flatMap((entry) => {
      if (entry.kind !== 'hostfwd' || 'path' in entry.host) return [];
      const { id, protocol: proto, host, guest } = entry;
      const at = { host_addr: host.address, host_port: host.port };
      return [{ id, proto, ...at, guest_addr: guest.address, guest_port: guest.port }];
    });
  }

  /** False when there is none of that number. */
  remove(id: number): Promise<boolean> {
    return this.#book.remove(id);
  }
}
