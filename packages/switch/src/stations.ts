// Which port an address is behind (IEEE 802.1Q 8.8, the filtering database), learnt from what comes in.
//
// Guests do not trust each other. So each port has a cap of its own, and makes room among its own; and an address that was
// heard a moment ago behind one port is not taken over by another.
import type { SwitchPort } from './port.ts';

/** A MAC address as a number: 48 bits fit. */
export type Mac = number;

export function macAt(b: Uint8Array, at: number): Mac {
  const high = (b[at]! << 8) | b[at + 1]!;
  const low = ((b[at + 2]! << 24) | (b[at + 3]! << 16) | (b[at + 4]! << 8) | b[at + 5]!) >>> 0;
  return high * 2 ** 32 + low;
}

/** As people write it. */
export function textOf(mac: Mac): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:');
}

/** The group bit: broadcast and multicast. */
export function isGroup(b: Uint8Array, at: number): boolean {
  return (b[at]! & 1) === 1;
}

interface Station {
  port: SwitchPort;
  /** When it was last heard. */
  at: number;
}

export interface StationOptions {
  /** Addresses of one port. */
  readonly perPort: number;
  /** How long an address is known that is not heard, milliseconds. */
  readonly maxAge: number;
  /** How long it must not have been heard before another port may have it, milliseconds. */
  readonly hold: number;
}

export class Stations {
  readonly #options: StationOptions;
  readonly #known: Map<Mac, Station> = new Map();

  constructor(options: StationOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Null when it is unknown, or was heard too long ago. */
  find(mac: Mac, now: number): SwitchPort | null {
    const station = this.#known.get(mac);
    if (station === undefined) return null;
    if (now - station.at < this.#options.maxAge) return station.port;
    this.#forget(mac, station);
    return null;
  }

  /** Something came from `mac` through `port`. False when the address is in use behind another one: it is not believed. */
  heard(mac: Mac, port: SwitchPort, now: number): boolean {
    const station = this.#known.get(mac);
    if (station !== undefined && station.port === port) {
      station.at = now;
      return true;
    }
    if (station !== undefined) {
      if (!this.#mayMove(station, port, now)) return false;
      this.#forget(mac, station);
    }
    if (port.stations.size >= this.#options.perPort) this.#evict(port);
    port.stations.add(mac);
    this.#known.set(mac, { port, at: now });
    return true;
  }

  /** The port is gone, and with it what was behind it. */
  leave(port: SwitchPort): void {
    for (const mac of port.stations) this.#known.delete(mac);
    port.stations.clear();
  }

  /** The network itself may always have its own; nobody takes them from it. */
  #mayMove(station: Station, to: SwitchPort, now: number): boolean {
    if (to.isUplink) return true;
    return !station.port.isUplink && now - station.at >= this.#options.hold;
  }

  /** The one of the port's own that was not heard for longest. */
  #evict(port: SwitchPort): void {
    let oldest: Mac = -1;
    let at = Infinity;
    for (const mac of port.stations) {
      const station = this.#known.get(mac)!;
      if (station.at < at) {
        at = station.at;
        oldest = mac;
      }
    }
    port.stations.delete(oldest);
    this.#known.delete(oldest);
  }

  #forget(mac: Mac, station: Station): void {
    station.port.stations.delete(mac);
    this.#known.delete(mac);
  }
}
