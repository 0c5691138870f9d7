export {
  Capability,
  Epoll,
  ErrorOrigin,
  EventFd,
  Family,
  Fcntl,
  InterfaceFlag,
  IpOption,
  Ipv6Option,
  Level,
  Message,
  Mount,
  Namespace,
  Open,
  Prctl,
  Protocol,
  RawOption,
  Shutdown,
  Signal,
  SocketOption,
  SocketType,
  TcpOption,
  Tun,
  UdpOption,
} from './constants.ts';
export { awaitNotice, channel, notify, receiveDescriptor, sendDescriptor } from './descriptor.ts';
export { EpollSet } from './epoll.ts';
export { Errno, errorName } from './errno.ts';
export { INTERFACE_NAME, Interfaces } from './interface.ts';
export * as libc from './libc.ts';
export { Loop, type Pollable, type TurnEnd } from './loop.ts';
export { AddressCache, addressOf, Region } from './memory.ts';
export { Datagrams, ErrorQueue, SegmentedSend } from './message.ts';
export { bindToInterface, isAtMark, pendingError, resetOnClose, setOption, setWords } from './option.ts';
export { PacketSend } from './packet-send.ts';
export { forbidWriting, limitCapabilities, noNewPrivileges } from './privilege.ts';
export { Denial, denySystemCalls, type SystemCall } from './seccomp.ts';
export { type AddressAndPort, getSocketAddress, putSocketAddress, SOCKET_ADDRESS_SIZE } from './socket-address.ts';
export { openTap, setHeaderSize, setOffload, type TunResult, tapFlags } from './tun.ts';
export {
  getUnixAddress,
  LONGEST_PATH,
  putUnixAddress,
  UNIX_ADDRESS_SIZE,
  unixBind,
  unixConnect,
  unixListener,
} from './unix.ts';
