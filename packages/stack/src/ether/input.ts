// Frames from the guest: whose they are, and which protocol is inside.
//
// Taken are frames to our own addresses and to groups. A switch floods what it cannot place, so frames for others are
// no mistake; they are counted and left alone. A tag of 802.1Q is taken when it carries a priority only (VID 0): then
// the frame belongs to no VLAN. Left out: VLANs, LLC (802.3 length instead of a type).
import * as Ether from '@reslirp/wire/ether';
import * as Vlan from '@reslirp/wire/vlan';
import type { Arp } from '../arp/arp.ts';
import { Drop, type DropCounters } from '../drop.ts';
import type { Services } from '../services.ts';
import type { Station } from './station.ts';

/** What IP of one version does with a packet; see EtherInput.input(). */
export interface IpInput {
  input(b: Uint8Array, frame: number, at: number, end: number, trusted: boolean, now: number): Drop;
}

export interface EtherParts {
  readonly station: Station;
  readonly arp: Arp;
  readonly services: Services;
  /** Null when that version is not spoken. */
  readonly ip4: IpInput | null;
  readonly ip6: IpInput | null;
  readonly drops: DropCounters;
}

export class EtherInput {
  frames: number = 0;
  bytes: number = 0;
  readonly #station: Station;
  readonly #arp: Arp;
  readonly #services: Services;
  readonly #ip4: IpInput | null;
  readonly #ip6: IpInput | null;
  readonly #drops: DropCounters;

  constructor({ station, arp, services, ip4, ip6, drops }: EtherParts) {
    this.#station = station;
    this.#arp = arp;
    this.#services = services;
    this.#ip4 = ip4;
    this.#ip6 = ip6;
    this.#drops = drops;
  }

  input(b: Uint8Array, at: number, end: number, trusted: boolean, now: number): Drop {
    this.frames++;
    this.bytes += end - at;
    if (Ether.check(b, at, end) !== Ether.Malformed.NO) return this.#drops.count(Drop.ETHER_SHORT);
    if (!Ether.isGroup(b, at + Ether.DST) && !this.#station.owns(b, at + Ether.DST)) {
      return this.#drops.count(Drop.ETHER_NOT_FOR_US);
    }
    const type = Ether.type(b, at);
    if (type !== Ether.Type.IP4 && type !== Ether.Type.IP6 && type !== Ether.Type.ARP) {
      const service = this.#services.ofType(type);
      if (service !== null) {
        // Whoever it is from: a BMC that has no address yet says that it is everybody (DSP0222)
        service.frame?.(b, at, end, now);
        return Drop.NO;
      }
    }
    // IEEE 802.3 3.2.3: a group sends nothing; and what comes from us has come around a loop
    if (Ether.isGroup(b, at + Ether.SRC) || this.#station.owns(b, at + Ether.SRC)) {
      return this.#drops.count(Drop.ETHER_SOURCE);
    }
    return this.#typed(b, at, at + Ether.HEADER, end, type, trusted, now);
  }

  /** `frame`: the Ethernet header; `at`: what follows the type. */
  #typed(b: Uint8Array, frame: number, at: number, end: number, type: number, trusted: boolean, now: number): Drop {
    const ip = type === Ether.Type.IP4 ? this.#ip4 : type === Ether.Type.IP6 ? this.#ip6 : null;
    if (ip !== null) return ip.input(b, frame, at, end, trusted, now);
    if (type === Ether.Type.ARP && this.#ip4 !== null) return this.#arp.input(b, frame, at, end, now);
    if (type === Ether.Type.VLAN) return this.#tagged(b, frame, at, end, trusted, now);
    return this.#drops.count(Drop.ETHER_TYPE);
  }

  /** IEEE 802.1Q 9.6: a priority-tagged frame is like one without a tag. */
  #tagged(b: Uint8Array, frame: number, tag: number, end: number, trusted: boolean, now: number): Drop {
    if (Vlan.check(b, tag, end) !== Vlan.Malformed.NO) return this.#drops.count(Drop.ETHER_SHORT);
    const type = Vlan.type(b, tag);
    if (Vlan.id(b, tag) !== Vlan.Id.PRIORITY_ONLY || type === Ether.Type.VLAN) {
      return this.#drops.count(Drop.ETHER_VLAN);
    }
    return this.#typed(b, frame, tag + Vlan.HEADER, end, type, trusted, now);
  }
}
