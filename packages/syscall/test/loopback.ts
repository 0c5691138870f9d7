// Sockets of the loopback, by system calls alone.
import {
  type AddressAndPort,
  Family,
  getSocketAddress,
  libc,
  putSocketAddress,
  Region,
  SOCKET_ADDRESS_SIZE,
  SocketType,
} from '../src/index.ts';

const FLAGS = SocketType.NONBLOCK | SocketType.CLOEXEC;

export function loopbackAt(family: 4 | 6, port: number): AddressAndPort {
  return family === 4 ? { w0: 0, w1: 0, w2: 0xffff, w3: 0x7f000001, port } : { w0: 0, w1: 0, w2: 0, w3: 1, port };
}

export function socket(type: number, family: 4 | 6 = 4): number {
  return libc.socket(family === 4 ? Family.INET : Family.INET6, type | FLAGS, 0);
}

/** Binds `fd` to a port of its own, which is returned. */
export function bound(fd: number, family: 4 | 6 = 4): number {
  const name = new Region(SOCKET_ADDRESS_SIZE);
  const result = libc.bind(fd, name.address, putSocketAddress(name, 0, loopbackAt(family, 0)));
  if (result < 0) throw new Error(`bind: ${result}`);
  return nameOf(fd).port;
}

export function nameOf(fd: number): AddressAndPort {
  const name = new Region(SOCKET_ADDRESS_SIZE);
  const size = new Region(4);
  size.view.setUint32(0, SOCKET_ADDRESS_SIZE, true);
  libc.getsockname(fd, name.address, size.address);
  const e = loopbackAt(4, 0);
  getSocketAddress(name, 0, e);
  return e;
}

export function connect(fd: number, to: AddressAndPort): number {
  const name = new Region(SOCKET_ADDRESS_SIZE);
  return libc.connect(fd, name.address, putSocketAddress(name, 0, to));
}

export function sendTo(fd: number, to: AddressAndPort, bytes: Uint8Array): number {
  const name = new Region(SOCKET_ADDRESS_SIZE);
  const data = new Region(Math.max(1, bytes.length));
  data.bytes.set(bytes);
  return libc.sendto(fd, data.address, bytes.length, 0, name.address, putSocketAddress(name, 0, to));
}

/** A connection: the end that made it, and the end that was accepted. */
export function connection(): [number, number] {
  const listener = socket(SocketType.STREAM);
  const port = bound(listener);
  libc.listen(listener, 1);
  const near = socket(SocketType.STREAM);
  connect(near, loopbackAt(4, port));
  const name = new Region(SOCKET_ADDRESS_SIZE);
  const size = new Region(4);
  size.view.setUint32(0, SOCKET_ADDRESS_SIZE, true);
  const far = libc.accept(listener, name.address, size.address, FLAGS);
  libc.close(listener);
  if (far < 0) throw new Error(`accept: ${far}`);
  return [near, far];
}
