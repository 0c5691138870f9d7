// A learning switch (IEEE 802.1Q, transparent bridging without spanning trees): its ports are links, and one of them, the
// uplink, is the network itself. Pure: time is asked of who made it, and frames leave at the end of his turn.
//
// A port that is full loses frames, as on every switch; but the stack behind the uplink could know better, and is told to
// wait while a port has been full for no longer than a moment. So a guest that reads slowly costs itself, and little else.
import type { Link } from '@reslirp/link';
import { type Port, type PortCounters, SwitchPort } from './port.ts';
import { isGroup, macAt, Stations } from './stations.ts';
import { Uplink } from './uplink.ts';

const HEADER = 14;
/** 01-80-C2-00-00-00 to 0F: never forwarded (IEEE 802.1Q 8.6.3). */
const RESERVED = 0x0180_c200_0000;
/** How long the uplink waits for a port that is full, milliseconds. */
const PATIENCE = 20;

export interface SwitchOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Largest IP packet on the uplink, bytes: 1500. */
  readonly mtu?: number;
  /** Largest IP packet that guests send into the network, bytes: mtu. */
  readonly mru?: number;
  /** Guests reach the network only, and not each other: false. */
  readonly isolated?: boolean;
  /** Addresses behind one port: 256. Beyond them the one not heard for longest is forgotten. */
  readonly stationsPerPort?: number;
  /** How long an address is known that is not heard, milliseconds: 300,000. */
  readonly maxAge?: number;
  /** How long an address must not have been heard before another port may have it, milliseconds: 10,000. */
  readonly hold?: number;
  /** Frames that one guest may send to everybody, within a second: 2,000. */
  readonly mostFloods?: number;
}

export class Switch {
  /** The end of the cable that the network is on: for a stack. */
  readonly uplink: Link;
  readonly #now: () => number;
  readonly #isolated: boolean;
  readonly #mostFloods: number;
  readonly #stations: Stations;
  readonly #ports: Set<SwitchPort> = new Set();
  readonly #network: SwitchPort;
  readonly #cable: Uplink;

  constructor(options: SwitchOptions) {
    const { mtu = 1500, mru = mtu, isolated = false, mostFloods = 2_000 } = options;
    const { stationsPerPort: perPort = 256, maxAge = 300_000, hold = 10_000 } = options;
    this.#now = options.now;
    this.#isolated = isolated;
    this.#mostFloods = mostFloods;
    this.#stations = new Stations({ perPort, maxAge, hold });
    this.#cable = new Uplink(mtu, mru, {
      sent: (b, at, end) => this.#arrived(this.#network, b, at, end),
      mustWait: () => this.#mustWait(),
      flush: () => this.flush(),
    });
    this.#network = new SwitchPort(this.#cable.inside, true);
    this.#ports.add(this.#network);
    this.uplink = this.#cable;
  }

  /** Ports of guests. */
  get guests(): number {
    return this.#ports.size - 1;
  }

  /** Addresses that are known. */
  get stations(): number {
    return this.#stations.size;
  }

  /** What happened at the port of the network. */
  get counters(): Readonly<PortCounters> {
    return this.#network.counters;
  }

  /** Puts a guest's link on a port. Its frames and its room are the switch's; its end is the caller's to watch. */
  attach(link: Link): Port {
    const { checksum, segmentation, datagrams } = link.offload;
    if (checksum || segmentation > 0 || datagrams > 0) {
      throw new TypeError('a port of a switch carries frames as they are: its link must not offload anything');
    }
    const port = new SwitchPort(link, false);
    this.#ports.add(port);
    link.onFrame((b, at, end) => {
      if (this.#ports.has(port)) this.#arrived(port, b, at, end);
    });
    link.onRoom(() => {
      port.fullAt = Infinity;
      this.#cable.hasRoom();
    });
    const detach = (): void => {
      this.#ports.delete(port);
      this.#stations.leave(port);
      this.#cable.hasRoom();
    };
    return { counters: port.counters, macs: () => port.macs(), detach };
  }

  /** The turn is over: what was forwarded leaves. */
  flush(): void {
    for (const port of this.#ports) if (port !== this.#network) port.link.flush();
  }

  /** When the uplink will have waited long enough for a port that is full: then it has room again. Infinity: nobody waits. */
  deadline(): number {
    if (!this.#cable.isWaiting) return Infinity;
    let last = -Infinity;
    for (const { fullAt } of this.#ports) if (fullAt !== Infinity && fullAt > last) last = fullAt;
    return last + PATIENCE;
  }

  /** Does what is due at `now`. Spurious calls are harmless. */
  poll(now: number): void {
    if (this.deadline() <= now) this.#cable.hasRoom();
  }

  #arrived(from: SwitchPort, b: Uint8Array, at: number, end: number): void {
    const { counters } = from;
    counters.framesIn++;
    counters.bytesIn += end - at;
    if (end - at < HEADER) {
      counters.SHORT++;
      return;
    }
    const now = this.#now();
    if (isGroup(b, at + 6) || !this.#stations.heard(macAt(b, at + 6), from, now)) {
      counters.SOURCE++;
      return;
    }
    const destination = macAt(b, at);
    if (destination >= RESERVED && destination <= RESERVED + 15) {
      counters.RESERVED++;
      return;
    }
    const to = isGroup(b, at) ? null : this.#stations.find(destination, now);
    if (to === null) this.#flood(from, b, at, end, now);
    else if (to !== from && this.#may(from, to)) to.send(b, at, end, now);
  }

  #flood(from: SwitchPort, b: Uint8Array, at: number, end: number, now: number): void {
    if (!from.isUplink && from.storms(this.#mostFloods, now)) {
      from.counters.STORM++;
      return;
    }
    from.counters.flooded++;
    for (const port of this.#ports) if (port !== from && this.#may(from, port)) port.send(b, at, end, now);
  }

  #may(from: SwitchPort, to: SwitchPort): boolean {
    return !this.#isolated || from.isUplink || to.isUplink;
  }

  #mustWait(): boolean {
    const now = this.#now();
    for (const { fullAt } of this.#ports) if (fullAt <= now && now - fullAt < PATIENCE) return true;
    return false;
  }
}
