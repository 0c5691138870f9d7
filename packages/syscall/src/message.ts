// Arrays of struct mmsghdr for recvmmsg(2), and the error queue of ip(7) (IP_RECVERR).
//
//   msghdr (56)   0 name*  8 namelen 4  16 iov*  24 iovlen 8  32 control*  40 controllen 8  48 flags 4
//   mmsghdr (64)  msghdr, 56 bytes received 4
//   iovec (16)    0 base*  8 length 8
//   cmsghdr (16)  0 length 8  8 level 4  12 type 4, then data; the next one on a multiple of 8
//   sock_extended_err (16)  0 errno 4  4 origin 1  5 type 1  6 code 1  8 info 4  12 data 4, then the offender's address
import { IpOption, Ipv6Option, Level, Message, UdpOption } from './constants.ts';
import { recvmmsg, recvmsg, sendmsg } from './libc.ts';
import { Region } from './memory.ts';
import { type AddressAndPort, getSocketAddress, SOCKET_ADDRESS_SIZE } from './socket-address.ts';

const HEADER = 64;
const VECTOR = 16;
const NAME = 32;
const CONTROL = 512;
const BYTES_RECEIVED = 56;
const NAME_SIZE = 8;
const CONTROL_SIZE = 40;
const CMSG = 16;
/** Bytes of a message that are kept with its error. */
const KEPT = 64;

/** Receives up to `count` datagrams of up to `size` bytes in one call. One object, reused for every socket. */
export class Datagrams {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly #size: number;
  readonly #headers: Region;
  readonly #names: Region;
  readonly #data: Region;

  constructor(count: number, size: number) {
    this.count = count;
    this.#size = size;
    this.#headers = new Region(count * (HEADER + VECTOR));
    this.#names = new Region(count * NAME);
    this.#data = new Region(count * size);
    this.bytes = this.#data.bytes;
    for (let i = 0; i < count; i++) {
      const vector = count * HEADER + i * VECTOR;
      this.#headers.pointer(i * HEADER, this.#names.address + i * NAME);
      this.#headers.pointer(i * HEADER + 16, this.#headers.address + vector);
      this.#headers.size(i * HEADER + 24, 1);
      this.#headers.pointer(vector, this.#data.address + i * size);
      this.#headers.size(vector + 8, size);
    }
  }

  /** The number of datagrams that were waiting, at most `count`; or minus an error. */
  receive(fd: number): number {
    for (let i = 0; i < this.count; i++)
      this.#headers.view.setUint32(i * HEADER + NAME_SIZE, SOCKET_ADDRESS_SIZE, true);
    return recvmmsg(fd, this.#headers.address, this.count, Message.DONTWAIT, 0);
  }

  /** Where the i-th one begins in `bytes`. */
  start(i: number): number {
    return i * this.#size;
  }

  end(i: number): number {
    return i * this.#size + this.#headers.view.getUint32(i * HEADER + BYTES_RECEIVED, true);
  }

  /** Who sent it; false when that is no IP address. */
  from(i: number, e: AddressAndPort): boolean {
    return getSocketAddress(this.#names, i * NAME, e);
  }
}

/** One entry of a socket's error queue. One object, reused. */
export class ErrorQueue {
  errno: number = 0;
  /** ErrorOrigin */
  origin: number = 0;
  /** Of the ICMP message. */
  type: number = 0;
  code: number = 0;
  /** Of a message that was too big: the MTU. */
  info: number = 0;
  /** What did not arrive, as much as is kept of it: the message without IP header. */
  readonly bytes: Uint8Array;
  length: number = 0;
  readonly #memory: Region = new Region(HEADER + NAME + CONTROL + VECTOR);
  readonly #kept: Region = new Region(KEPT);
  #offender: number = 0;

  constructor() {
    const m = this.#memory;
    m.pointer(0, m.address + HEADER);
    m.pointer(32, m.address + HEADER + NAME);
    const vector = HEADER + NAME + CONTROL;
    m.pointer(16, m.address + vector);
    m.size(24, 1);
    m.pointer(vector, this.#kept.address);
    m.size(vector + 8, KEPT);
    this.bytes = this.#kept.bytes;
  }

  /** Takes the next one; false when there is none. */
  next(fd: number): boolean {
    const { view, address } = this.#memory;
    view.setUint32(NAME_SIZE, SOCKET_ADDRESS_SIZE, true);
    this.#memory.size(CONTROL_SIZE, CONTROL);
    this.length = recvmsg(fd, address, Message.ERRQUEUE | Message.DONTWAIT);
    if (this.length < 0) return false;
    this.#parse();
    return true;
  }

  /** Where the datagram went that did not arrive. */
  destination(e: AddressAndPort): boolean {
    return getSocketAddress(this.#memory, HEADER, e);
  }

  /** Who said so; false when it was this machine. */
  offender(e: AddressAndPort): boolean {
    return this.#offender > 0 && getSocketAddress(this.#memory, this.#offender, e);
  }

  #parse(): void {
    const { view } = this.#memory;
    const start = HEADER + NAME;
    const end = start + Number(view.getBigUint64(CONTROL_SIZE, true));
    this.errno = 0;
    this.#offender = 0;
    for (let at = start; at + CMSG <= end; ) {
      const size = Number(view.getBigUint64(at, true));
      if (size < CMSG) return;
      const level = view.getInt32(at + 8, true);
      const type = view.getInt32(at + 12, true);
      if ((level === Level.IP && type === IpOption.RECVERR) || (level === Level.IPV6 && type === Ipv6Option.RECVERR)) {
        this.#extended(at + CMSG);
      }
      at += (size + 7) & ~7;
    }
  }

  #extended(at: number): void {
    const { view } = this.#memory;
    this.errno = view.getUint32(at, true);
    this.origin = view.getUint8(at + 4);
    this.type = view.getUint8(at + 5);
    this.code = view.getUint8(at + 6);
    this.info = view.getUint32(at + 8, true);
    this.#offender = at + 16;
  }
}

/** Many datagrams of one size, to one place, in one call: UDP_SEGMENT of udp(7). One object, reused. */
export class SegmentedSend {
  readonly #memory: Region = new Region(HEADER + VECTOR + CMSG + 8);

  constructor() {
    const m = this.#memory;
    const control = HEADER + VECTOR;
    m.pointer(16, m.address + HEADER);
    m.size(24, 1);
    m.pointer(32, m.address + control);
    m.size(CONTROL_SIZE, CMSG + 8);
    m.size(control, CMSG + 2);
    m.view.setInt32(control + 8, Level.UDP, true);
    m.view.setInt32(control + 12, UdpOption.SEGMENT, true);
  }

  /** `length` bytes at `address`, in datagrams of `size`, the last of them as long as what is left. As sendmsg(2). */
  send(fd: number, name: Region, nameSize: number, address: number, length: number, size: number): number {
    const m = this.#memory;
    m.pointer(0, name.address);
    m.view.setUint32(NAME_SIZE, nameSize, true);
    m.pointer(HEADER, address);
    m.size(HEADER + 8, length);
    m.view.setUint16(HEADER + VECTOR + CMSG, size, true);
    return sendmsg(fd, m.address, Message.DONTWAIT | Message.NOSIGNAL);
  }
}
