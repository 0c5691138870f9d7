// The forwards that clients of the API have made, by the numbers that they were told.
import type { Plane } from '@reslirp/runtime/plane';

/** As the API writes it. */
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
  readonly #plane: Plane;
  readonly #entries: Map<number, Entry> = new Map();
  #nextId: number = 1;

  constructor(plane: Plane, guest: string) {
    this.#plane = plane;
    this.guest = guest;
  }

  /** Its number, which is not used again; null when the port cannot be had. */
  async add(entry: Omit<Entry, 'id'>): Promise<number | null> {
    const { proto, host_addr, host_port, guest_addr, guest_port } = entry;
    const id = this.#nextId++;
    const { error } = await this.#plane.forward(id, {
      protocol: proto,
      host: { address: host_addr, port: host_port },
      guest: { address: guest_addr, port: guest_port },
    });
    if (error !== null) return null;
    this.#entries.set(id, { id, ...entry });
    return id;
  }

  list(): Entry[] {
    return [...this.#entries.values()];
  }

  /** False when there is none of that number. */
  remove(id: number): boolean {
    if (!this.#entries.delete(id)) return false;
    this.#plane.unforward(id);
    return true;
  }
}
