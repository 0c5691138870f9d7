// A flow, for people: what stack.flows() lists. Nothing of it is read by the stack itself.
import { Endpoint } from './endpoint.ts';

export interface FlowInfo {
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  /** The guest's end, '10.0.2.15:40000'. Of ICMP the port is the identifier. */
  readonly guest: string;
  /** The other end as the guest knows it. Of UDP and ICMP the last one of perhaps many; null: none yet. */
  readonly remote: string | null;
  /** Of TCP the RFC 9293 name. OPEN: a socket of the host that lives while it is used; FORWARD: one that lives until it is closed. */
  readonly state: string;
  /** Payload from the guest, and toward it. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Milliseconds since it began, and since anything came. */
  readonly age: number;
  readonly idle: number;
}

/** What a flow without a connection has carried: it is counted where datagrams pass. */
export class Traffic {
  bytesUp: number = 0;
  bytesDown: number = 0;
  readonly since: number;
  lastAt: number;
  /** The last one that the guest has written to, or heard. */
  readonly remote: Endpoint = new Endpoint();

  constructor(now: number) {
    this.since = now;
    this.lastAt = now;
  }

  up(to: Endpoint, bytes: number, now: number): void {
    this.bytesUp += bytes;
    this.lastAt = now;
    this.remote.set(to);
  }

  down(from: Endpoint, bytes: number, now: number): void {
    this.bytesDown += bytes;
    this.lastAt = now;
    this.remote.set(from);
  }

  describe(protocol: 'udp' | 'icmp', guest: Endpoint, state: 'OPEN' | 'FORWARD', now: number): FlowInfo {
    const { remote, bytesUp, bytesDown, since, lastAt } = this;
    const isUsed = bytesUp + bytesDown > 0 || remote.port !== 0 || remote.w3 !== 0;
    return {
      protocol,
      guest: guest.toString(),
      remote: isUsed ? (protocol === 'icmp' ? remote.address() : remote.toString()) : null,
      state,
      bytesUp,
      bytesDown,
      age: now - since,
      idle: now - lastAt,
    };
  }
}
