// A switch with guests, each at the far end of a cable of memory.
import { type Link, pair, poison } from '@reslirp/link';
import { type Port, Switch, type SwitchOptions } from '../src/index.ts';

export interface Guest {
  readonly port: Port;
  readonly far: Link;
  /** What has reached it: payloads as text. */
  readonly got: string[];
}

/** Station `n`, as 52:54:00:00:00:nn. */
export const mac = (n: number): number[] => [0x52, 0x54, 0, 0, n >> 8, n & 255];
export const EVERYBODY: readonly number[] = [255, 255, 255, 255, 255, 255];
/** Behind the uplink. */
export const ROUTER: readonly number[] = mac(9_999);

export function frame(to: readonly number[], from: readonly number[], text: string, size: number = 60): Uint8Array {
  const b = new Uint8Array(size);
  b.set([...to, ...from, 0x88, 0xb5]);
  b.set(new TextEncoder().encode(text), 14);
  return b;
}

export class Bench {
  time: number = 0;
  readonly network: Switch;
  /** What has reached the network. */
  readonly got: string[] = [];
  rooms: number = 0;
  readonly guests: Guest[] = [];

  constructor(count: number, options: Partial<SwitchOptions> = {}, capacity: number = 1 << 18) {
    this.network = new Switch({ now: () => this.time, ...options });
    this.network.uplink.onFrame((b, at, end) => this.got.push(text(b, at, end)));
    this.network.uplink.onRoom(() => this.rooms++);
    for (let i = 0; i < count; i++) this.add(capacity);
  }

  add(capacity: number = 1 << 18): Guest {
    const [ours, far] = pair({ capacity });
    const got: string[] = [];
    far.onFrame((b, at, end) => got.push(text(b, at, end)));
    const guest = { port: this.network.attach(poison(ours)), far, got };
    this.guests.push(guest);
    return guest;
  }

  /** Guest `i` sends, and the turn ends. */
  send(i: number, b: Uint8Array): void {
    put(this.guests[i]!.far, b);
    this.guests[i]!.far.flush();
    this.network.flush();
  }

  /** The network sends. False when it has to wait. */
  down(b: Uint8Array): boolean {
    const sent = put(this.network.uplink, b);
    this.network.uplink.flush();
    return sent;
  }

  /** What each guest has got, and then the network. */
  get all(): string[][] {
    return [...this.guests.map(({ got }) => got), this.got];
  }
}

export function put(link: Link, b: Uint8Array): boolean {
  const at = link.reserve(b.length);
  if (at < 0) return false;
  link.slab.set(b, at);
  link.commit(b.length);
  return true;
}

function text(b: Uint8Array, at: number, end: number): string {
  return new TextDecoder().decode(b.subarray(at + 14, end)).replace(/\0+$/, '');
}
