// A flow, for people: what stack.flows() lists. Nothing of it is read by the stack itself.
import { Endpoint } from './endpoint.ts';
import { flowId } from './flow-tables.ts';

export interface FlowInfo {
  /** Its name, which no other flow of this stack has or will have: 'tcp-12-345'. */
  readonly id: string;
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
  /** Which of its table it is, in the order in which they began. */
  readonly number: number;
  readonly since: number;
  lastAt: number;
  /** The last one that the guest has written to, or heard. */
  readonly remote: Endpoint = new Endpoint();

  constructor(number: number, now: number) {
    this.number = number;
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

  /** `place`: in its table. */
  describe(kind: 'udp' | 'forward' | 'icmp', place: number, guest: Endpoint, now: number): FlowInfo {
    const { remote, bytesUp, bytesDown, since, lastAt } = this;
    const isUsed = bytesUp + bytesDown > 0 || remote.port !== 0 || remote.w3 !== 0;
    const protocol = kind === 'icmp' ? 'icmp' : 'udp';
    return {
      id: flowId(kind, place, this.number),
      protocol,
      guest: guest.toString(),
      remote: isUsed ? (protocol === 'icmp' ? remote.address() : remote.toString()) : null,
      state: kind === 'forward' ? 'FORWARD' : 'OPEN',
      bytesUp,
      bytesDown,
      age: now - since,
      idle: now - lastAt,
    };
  }
}
