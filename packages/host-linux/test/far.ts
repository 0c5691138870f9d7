// The far side of host sockets on the loopback, by system calls: what has arrived is there when the call returns, and no
// other loop has to turn for it.
import { Endpoint } from '@reslirp/stack/endpoint';
import { type BindFault, END, type Refusal, type Report, type TcpEvents, type TcpSocket } from '@reslirp/stack/host';
import { type AddressAndPort, getSocketAddress, libc, Region, SOCKET_ADDRESS_SIZE, SocketType } from '@reslirp/syscall';
import { read } from '../../syscall/test/descriptors.ts';
import { bound, loopbackAt, socket } from '../../syscall/test/loopback.ts';

export function loopback(port: number, family: 4 | 6 = 4): Endpoint {
  return Endpoint.parse(family === 4 ? '127.0.0.1' : '::1', port)!;
}

/** Descriptors that are closed together. */
export class Open {
  readonly #fds: number[] = [];

  add(fd: number): number {
    this.#fds.push(fd);
    return fd;
  }

  close(): void {
    for (const fd of this.#fds.splice(0)) libc.close(fd);
  }
}

/** A listening socket, and where it is. */
export function listener(open: Open, backlog: number = 128, family: 4 | 6 = 4): { fd: number; at: Endpoint } {
  const fd = open.add(socket(SocketType.STREAM, family));
  const port = bound(fd, family);
  libc.listen(fd, backlog);
  return { fd, at: loopback(port, family) };
}

/** A port where nobody listens. */
export function nobody(type: number = SocketType.STREAM, family: 4 | 6 = 4): Endpoint {
  const fd = socket(type, family);
  const port = bound(fd, family);
  libc.close(fd);
  return loopback(port, family);
}

/** The next connection, and who made it. Minus an error when there is none. */
export function accept(open: Open, fd: number): { fd: number; from: AddressAndPort } {
  const name = new Region(SOCKET_ADDRESS_SIZE);
  const size = new Region(4);
  size.view.setUint32(0, SOCKET_ADDRESS_SIZE, true);
  const taken = libc.accept(fd, name.address, size.address, SocketType.NONBLOCK | SocketType.CLOEXEC);
  const from = loopbackAt(4, 0);
  getSocketAddress(name, 0, from);
  if (taken >= 0) open.add(taken);
  return { fd: taken, from };
}

/** All that has arrived; an error at its end as minus its number, the end of the stream as -1. */
export function arrived(fd: number): { bytes: Uint8Array; last: number } {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = read(fd);
    if (typeof piece === 'number') return { bytes: joined(pieces), last: piece };
    if (piece.length === 0) return { bytes: joined(pieces), last: END };
    pieces.push(piece);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Says what it hears. */
export class Near implements TcpEvents {
  readonly said: string[] = [];
  readonly got: number[] = [];
  ended: boolean = false;
  /** When the last event came. */
  at: number = Number.NaN;
  socket: TcpSocket | null = null;
  #buffer: Uint8Array = new Uint8Array(65_536);

  opened(now: number): void {
    this.#say('opened', now);
  }

  refused(why: Refusal, now: number): void {
    this.#say(`refused ${why}`, now);
  }

  failed(why: Refusal, now: number): void {
    this.#say(`failed ${why}`, now);
  }

  readable(): void {
    for (;;) {
      const n = this.socket?.read(this.#buffer, 0, this.#buffer.length) ?? 0;
      if (n === END) this.ended = true;
      if (n <= 0) return;
      this.got.push(...this.#buffer.subarray(0, n));
    }
  }

  writable(): void {}

  #say(what: string, now: number): void {
    this.said.push(what);
    this.at = now;
  }
}

/** Says what a UDP socket, an echo socket or a listener hears. */
export class Heard {
  readonly said: string[] = [];

  received(from: Endpoint, b: Uint8Array, at: number, end: number): void {
    this.said.push(`${from}: ${new TextDecoder().decode(b.subarray(at, end))}`);
  }

  undeliverable(to: Endpoint, why: Refusal, report: Report | null): void {
    const by = report === null ? 'this machine' : `${report.by.address()}, type ${report.type} code ${report.code}`;
    this.said.push(`${to} refused ${why} by ${by}`);
  }

  bound(at: Endpoint): void {
    this.said.push(`bound ${at}`);
  }

  unbound(why: BindFault): void {
    this.said.push(`unbound ${why}`);
  }
}
