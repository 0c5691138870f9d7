// TCP toward the guest: a full endpoint (RFC 9293), whose application is a socket of the host.
//
//   a segment in   arrival (RFC 9293's checks) > acknowledge, receive        a new one: opening
//   a forward      incoming (the guest is the one who is called)
//   a host event   opening (opened, refused) and pump (readable, writable)
//   end of turn    output: segments, then one ACK
//   time           expiry
//   the end        closing
//
// The order of one turn: what comes in only changes flows, and puts them into the run queue; what goes out leaves in flush().
import * as Wire from '@reslirp/wire/tcp';
import { Drop } from '../drop.ts';
import type { Endpoint } from '../endpoint.ts';
import type { FlowInfo } from '../flow-info.ts';
import { type FlowTable, flowId } from '../flow-tables.ts';
import type { Client, Parties } from '../host.ts';
import type { Packet } from '../packet.ts';
import { arrive } from './arrival.ts';
import { abort } from './closing.ts';
import { Context, type Served } from './context.ts';
import type { TcpEnvironment } from './environment.ts';
import { stateName } from './events.ts';
import { expire } from './expiry.ts';
import type { Flow } from './flow.ts';
import { incoming } from './incoming.ts';
import { listen } from './opening.ts';
import { output } from './output.ts';
import { tooBig } from './path-mtu.ts';

export class Tcp implements FlowTable {
  readonly #c: Context;
  readonly #output: (f: Flow) => Served;

  constructor(env: TcpEnvironment) {
    const c = new Context(env);
    this.#c = c;
    this.#output = (f) => output(c, f);
  }

  /** One segment from the guest; the packet's ports are filled in here. */
  input(p: Packet, now: number): Drop {
    const c = this.#c;
    c.now = now;
    if (Wire.check(p.b, p.at, p.end) !== Wire.Malformed.NO) return c.env.drops.count(Drop.TCP_MALFORMED);
    if (!p.trusted && !Wire.verify(p.b, p.at, p.end, p.pseudo)) return c.env.drops.count(Drop.TCP_CHECKSUM);
    p.from.port = Wire.srcPort(p.b, p.at);
    p.to.port = Wire.dstPort(p.b, p.at);
    c.counters.segmentsIn++;
    const s = c.segment;
    s.read(p.b, p.at, p.end);
    const f = c.find(p.from, p.to);
    return f === null ? listen(c, p, s) : arrive(c, f, p, s);
  }

  /** A connection that came in through a forward to `guest`. False when it is not taken. */
  incoming(client: Client, guest: Endpoint, now: number): boolean {
    this.#c.now = now;
    return incoming(this.#c, client, guest);
  }

  /** As PathMtu. */
  tooBig(guest: Endpoint, remote: Endpoint, seq: number, mtu: number, now: number): Drop {
    this.#c.now = now;
    return tooBig(this.#c, guest, remote, seq, mtu);
  }

  /** Fills `into` with the host's name for its end of the guest's connection; false when there is no such. */
  hostEnd({ guest, remote }: Parties, into: Endpoint): boolean {
    return this.#c.find(guest, remote)?.socket?.local?.(into) ?? false;
  }

  /** Fills `into` with the guest of the connection to `remote` whose end on the host is `hostEnd`; false when there is none. */
  guestBehind(hostEnd: Endpoint, remote: Endpoint, into: Endpoint): boolean {
    for (const f of this.#c.all()) {
      if (!f.remote.equals(remote) || f.socket?.local?.(into) !== true || into.port !== hostEnd.port) continue;
      into.set(f.guest);
      return true;
    }
    return false;
  }

  /** Does what is due at `now`. */
  poll(now: number): void {
    this.#c.now = now;
    expire(this.#c);
  }

  deadline(): number {
    return this.#c.deadline();
  }

  /** The end of the turn: every flow with something to say says it, in turn, until the link is full. */
  flush(now: number): void {
    this.#c.now = now;
    this.#c.serve(this.#output);
  }

  /** Resets every flow, toward the guest and the host. */
  close(now: number): void {
    this.#c.now = now;
    for (const f of this.#c.all()) abort(this.#c, f);
  }

  *flows(now: number, from: number = 0, of: Endpoint | null = null): Generator<FlowInfo> {
    for (const f of this.#c.all(from)) {
      const { slot, number, guest, remote, events, bytesUp, bytesDown, since, heardAt } = f;
      if (of !== null && !of.sameAddress(guest)) continue;
      yield {
        id: flowId('tcp', slot, number),
        protocol: 'tcp',
        guest: guest.toString(),
        remote: remote.toString(),
        state: stateName(events),
        bytesUp,
        bytesDown,
        age: now - since,
        idle: now - heardAt,
      };
    }
  }

  /** Resets the flow, toward the guest and the host. */
  end(slot: number, number: number, now: number): boolean {
    const f = this.#c.at(slot);
    if (f === null || f.number !== number) return false;
    this.#c.now = now;
    this.#c.counters.ended++;
    abort(this.#c, f);
    return true;
  }

  /** Flows and bytes held now, and what has happened so far. */
  stats(): Record<string, number> {
    return { flows: this.#c.table.size, ringBytes: this.#c.memory.lent, ...this.#c.counters };
  }
}
