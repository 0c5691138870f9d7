// Constants of the kernel's interface, from <asm-generic/…> and <linux/…>: the same on x86-64 and arm64.

export const Open = { RDWR: 2, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;
export const Fcntl = { SETFD: 2, GETFL: 3, SETFL: 4, SETPIPE_SZ: 1031 } as const;

export const Family = { UNIX: 1, INET: 2, INET6: 10 } as const;
export const SocketType = { STREAM: 1, DGRAM: 2, RAW: 3, SEQPACKET: 5, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;
export const Protocol = { ICMP: 1, TCP: 6, UDP: 17, ICMP6: 58 } as const;
export const Message = {
  OOB: 1,
  DONTWAIT: 0x40,
  ERRQUEUE: 0x2000,
  NOSIGNAL: 0x4000,
  MORE: 0x8000,
  WAITFORONE: 0x10000,
} as const;
export const Shutdown = { WR: 1 } as const;

/** Levels and names of options, <asm-generic/socket.h>, <linux/in.h>, <linux/in6.h>, <linux/tcp.h>. */
export const Level = { IP: 0, SOCKET: 1, TCP: 6, UDP: 17, IPV6: 41, ICMPV6: 58, RAW: 255 } as const;
export const SocketOption = {
  REUSEADDR: 2,
  ERROR: 4,
  BROADCAST: 6,
  SNDBUF: 7,
  OOBINLINE: 10,
  LINGER: 13,
  BINDTODEVICE: 25,
} as const;
/** <linux/udp.h> */
export const UdpOption = { SEGMENT: 103 } as const;
/** <linux/icmp.h>: types of messages that a raw socket does not want, by their bits. */
/** Of raw sockets: at Level.RAW, and at Level.ICMPV6 (<linux/icmpv6.h>). */
export const RawOption = { ICMP_FILTER: 1, ICMPV6_FILTER: 1 } as const;
export const IpOption = { TOS: 1, TTL: 2, MTU_DISCOVER: 10, RECVERR: 11, MULTICAST_TTL: 33 } as const;
export const Ipv6Option = { UNICAST_HOPS: 16, MULTICAST_HOPS: 18, RECVERR: 25, V6ONLY: 26, TCLASS: 67 } as const;
export const TcpOption = { NODELAY: 1 } as const;

export const Epoll = {
  IN: 0x001,
  PRI: 0x002,
  OUT: 0x004,
  ERR: 0x008,
  HUP: 0x010,
  RDHUP: 0x2000,
  /** Edge-triggered. */
  ET: -0x8000_0000,
  ADD: 1,
  DEL: 2,
  MOD: 3,
  CLOEXEC: 0o2000000,
} as const;

export const EventFd = { NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;

/** <linux/errqueue.h> */
export const ErrorOrigin = { LOCAL: 1, ICMP: 2, ICMP6: 3 } as const;

/** <linux/if.h> */
export const InterfaceFlag = { UP: 1, LOOPBACK: 8 } as const;

/** <linux/if_tun.h> */
export const Tun = {
  SETIFF: 0x400454ca,
  SETOFFLOAD: 0x400454d0,
  GETIFF: 0x800454d2,
  SETVNETHDRSZ: 0x400454d8,
  TAP: 0x0002,
  NO_PI: 0x1000,
  VNET_HDR: 0x4000,
  OFFLOAD_CHECKSUM: 0x01,
  OFFLOAD_TSO4: 0x02,
  OFFLOAD_TSO6: 0x04,
  OFFLOAD_USO4: 0x20,
  OFFLOAD_USO6: 0x40,
} as const;

/** <asm-generic/sockios.h> */
export const SocketRequest = { ATMARK: 0x8905 } as const;

/** <linux/sockios.h> */
export const InterfaceRequest = {
  ADD_ROUTE: 0x890b,
  GET_FLAGS: 0x8913,
  SET_FLAGS: 0x8914,
  SET_ADDRESS: 0x8916,
  SET_NETMASK: 0x891c,
  SET_MTU: 0x8922,
  SET_HARDWARE_ADDRESS: 0x8924,
  GET_INDEX: 0x8933,
} as const;

/** <linux/mount.h>; DETACH is of umount2(2). */
export const Mount = {
  READ_ONLY: 1,
  NO_SUID: 2,
  NO_DEVICES: 4,
  NO_EXEC: 8,
  REMOUNT: 32,
  BIND: 4096,
  REC: 16384,
  PRIVATE: 0x40000,
  SLAVE: 0x80000,
  DETACH: 2,
} as const;
/** Kinds of namespaces: CLONE_NEW… of <linux/sched.h>. */
export const Namespace = { MOUNT: 0x2_0000, USER: 0x1000_0000, NET: 0x4000_0000 } as const;

/** <linux/prctl.h> */
export const Prctl = {
  SET_PDEATHSIG: 1,
  CAPBSET_DROP: 24,
  SET_NO_NEW_PRIVS: 38,
  CAP_AMBIENT: 47,
} as const;
/** <linux/capability.h> */
export const Capability = { NET_BIND_SERVICE: 10 } as const;
/** <asm-generic/signal.h> */
export const Signal = { KILL: 9, PIPE: 13 } as const;
