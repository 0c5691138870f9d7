// A guest's connection, read along in, between a stack and a host that record.
import type { GatewayNet } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { AcceptEvents, Client, Parties, TcpEvents, TcpSocket } from '@reslirp/stack/host';
import { END } from '@reslirp/stack/host';
import { applicationGateways } from '../src/index.ts';

export function endpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(':');
  return Endpoint.parse(text.slice(0, colon).replace(/^\[|\]$/g, ''), Number(text.slice(colon + 1)))!;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** The host's socket. */
class FarSocket implements TcpSocket {
  readonly name: Endpoint;
  /** What was written, and what happened. */
  log: string = '';
  /** What it has to read; '' is an end. */
  readonly queue: string[] = [];
  /** Bytes that it still takes. */
  room: number = Infinity;
  events!: TcpEvents;

  constructor(name: Endpoint) {
    this.name = name;
  }

  read(into: Uint8Array, at: number, end: number): number {
    const next = this.queue.shift();
    if (next === undefined) return 0;
    if (next === '') return END;
    const n = Math.min(end - at, next.length);
    into.set(bytes(next.slice(0, n)), at);
    if (n < next.length) this.queue.unshift(next.slice(n));
    return n;
  }

  write(b: Uint8Array, at: number, end: number): number {
    const n = Math.min(end - at, this.room);
    this.room -= n;
    this.log += String.fromCharCode(...b.subarray(at, at + n));
    return n;
  }

  writeUrgent(b: Uint8Array, at: number, end: number): number {
    this.log += '!';
    return this.write(b, at, end);
  }

  local(into: Endpoint): boolean {
    into.set(this.name);
    return true;
  }

  finish(): void {
    this.log += '<FIN>';
  }

  abort(): void {
    this.log += '<RST>';
  }

  close(): void {
    this.log += '<close>';
  }
}

export interface Setting {
  readonly guest: string;
  readonly remote: string;
  /** The host's end. */
  readonly near: string;
  readonly far: string;
  /** The connection came through a forward. */
  readonly forwarded?: boolean;
  readonly net?: Partial<GatewayNet>;
}

export class Rig {
  readonly gateways = applicationGateways();
  readonly far: FarSocket;
  readonly socket: TcpSocket;
  readonly acceptors: { at: string; events: AcceptEvents; open: boolean }[] = [];
  /** Clients that became connections to a guest. */
  readonly called: string[] = [];
  /** Events that the stack was told. */
  readonly said: string[] = [];

  constructor({ guest, remote, near, far, forwarded = false, net = {} }: Setting) {
    this.far = new FarSocket(endpoint(near));
    const parties: Parties = { guest: endpoint(guest), remote: endpoint(remote) };
    const connect = (_to: unknown, events: TcpEvents): TcpSocket => {
      this.far.events = events;
      return this.far;
    };
    let listening: AcceptEvents | null = null;
    const host = this.gateways.between(
      {
        connect,
        accept: (at, events) => {
          const acceptor = { at: String(at), events, open: true };
          this.acceptors.push(acceptor);
          const close = (): void => {
            acceptor.open = false;
          };
          return { close };
        },
      },
      {
        incoming: (client, to) => this.called.push(`${client.from} > ${to}`) > 0,
        hostEnd: () => false,
        guestBehind: () => false,
        ...net,
      },
    );
    const events: TcpEvents = {
      opened: () => this.said.push('opened'),
      refused: () => this.said.push('refused'),
      readable: () => this.said.push('readable'),
      writable: () => this.said.push('writable'),
      failed: () => this.said.push('failed'),
    };
    if (!forwarded) {
      this.socket = host.connect(endpoint(far), events, 0, parties);
      this.far.events.opened(0);
      return;
    }
    let taken: TcpSocket | null = null;
    host.accept(endpoint('0.0.0.0:0'), {
      bound() {},
      unbound() {},
      accepted: (client) => {
        taken = client.take(events, parties);
      },
    });
    listening = this.acceptors.pop()!.events;
    listening.accepted({ from: endpoint(far), take: (its) => connect(null, its) }, 0);
    this.socket = taken!;
  }

  /** The guest says it. Returns how much was taken. */
  up(text: string): number {
    const b = bytes(text);
    return this.socket.write(b, 0, b.length);
  }

  /** The far side says it. Returns what the guest reads. */
  down(text: string): string {
    this.far.queue.push(text);
    return this.read();
  }

  read(): string {
    const b = new Uint8Array(7);
    let all = '';
    for (;;) {
      const n = this.socket.read(b, 0, b.length);
      if (n <= 0) return n === END ? `${all}<END>` : all;
      all += String.fromCharCode(...b.subarray(0, n));
    }
  }

  /** The host has the port that was asked for last. */
  bind(at: string, now: number = 0): void {
    this.acceptors.at(-1)!.events.bound(endpoint(at), now);
  }

  /** Somebody connects there. */
  visit(from: string): void {
    const client: Client = { from: endpoint(from), take: () => this.far };
    this.acceptors.at(-1)!.events.accepted(client, 0);
  }
}
