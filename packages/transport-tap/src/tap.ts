// Opens TAP interfaces, and takes over those of others; says in one line why not.
import {
  Errno,
  errorName,
  libc,
  openTap,
  setHeaderSize,
  setOffload,
  Tun,
  type TunResult,
  tapFlags,
} from '@reslirp/syscall';
import { HEADER } from './virtio.ts';

const SEGMENTS = Tun.OFFLOAD_CHECKSUM | Tun.OFFLOAD_TSO4 | Tun.OFFLOAD_TSO6;
/** Linux 6.2 and later. */
const DATAGRAMS = SEGMENTS | Tun.OFFLOAD_USO4 | Tun.OFFLOAD_USO6;

export interface Tap {
  /** Owned by whoever has the Tap; a link closes it. */
  readonly fd: number;
  readonly name: string;
  /** Bytes of the virtio header before each frame; 0: there is none. */
  readonly header: number;
  /** What the kernel on the other side and this process leave to each other; each of them includes those after it. */
  readonly offload: 'datagrams' | 'segments' | 'checksums' | 'none';
}

/** What went wrong, and what to do about it. */
export class TapError extends Error {
  override name = 'TapError';
  /** Of the system call, such as 'EPERM'. */
  readonly code: string;

  constructor(code: string, text: string) {
    super(text);
    this.code = code;
  }
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['/dev/net/tun ENOENT', 'the kernel has no TUN driver: modprobe tun'],
  ['/dev/net/tun ENODEV', 'the kernel has no TUN driver: modprobe tun'],
  ['/dev/net/tun EACCES', 'this user may not open it'],
  ['TUNSETIFF EPERM', 'making an interface needs CAP_NET_ADMIN in its network namespace'],
  ['TUNSETIFF EBUSY', 'another process has an interface of that name'],
  ['TUNSETIFF EINVAL', 'no interface can have that name, or one has it that is no TAP'],
]);

/** A new TAP in this thread's network namespace, or an existing one that nobody uses. Throws a TapError. */
export function newTap(name: string): Tap {
  const { fd, name: made } = opened(name, false);
  return negotiate(fd, made);
}

/** The same with whole frames only, and nothing before them: for who hands them on to something that finishes nothing. */
export function plainTap(name: string): Tap {
  const { fd, name: made } = opened(name, true);
  return { fd, name: made, header: 0, offload: 'none' };
}

function opened(name: string, plain: boolean): TunResult {
  const result = openTap(name, plain);
  if (result.fd >= 0) return result;
  const code = errorName(result.fd);
  const advice = ADVICE.get(`${result.step} ${code}`);
  throw new TapError(code, `TAP '${name}': ${result.step}: ${code}${advice === undefined ? '' : ` (${advice})`}`);
}

/** The TAP behind a descriptor that came from elsewhere. Throws a TapError when there is none. */
export function tapOf(fd: number, name: string = 'tap'): Tap {
  const flags = tapFlags(fd);
  if (flags < 0) throw new TapError(errorName(flags), `descriptor ${fd} is no TAP: ${errorName(flags)}`);
  if ((flags & Tun.TAP) === 0) throw new TapError('EINVAL', `descriptor ${fd} is a TUN: it has no Ethernet frames`);
  if ((flags & Tun.VNET_HDR) === 0) return { fd, name, header: 0, offload: 'none' };
  return negotiate(fd, name);
}

/** As much as this kernel has, step by step. */
function negotiate(fd: number, name: string): Tap {
  const sized = setHeaderSize(fd, HEADER);
  if (sized < 0) {
    libc.close(fd);
    throw new TapError(errorName(sized), `TAP '${name}': TUNSETVNETHDRSZ: ${errorName(sized)}`);
  }
  if (setOffload(fd, DATAGRAMS) >= 0) return { fd, name, header: HEADER, offload: 'datagrams' };
  if (setOffload(fd, SEGMENTS) >= 0) return { fd, name, header: HEADER, offload: 'segments' };
  if (setOffload(fd, Tun.OFFLOAD_CHECKSUM) >= 0) return { fd, name, header: HEADER, offload: 'checksums' };
  return { fd, name, header: HEADER, offload: 'none' };
}

/** Errors that end with the frame: no room, an interface that is down, a frame that the other end does not take. */
const PASSING: ReadonlySet<number> = new Set([
  -Errno.EAGAIN,
  -Errno.EIO,
  -Errno.EINVAL,
  -Errno.ENOBUFS,
  -Errno.ENOMEM,
  -Errno.EMSGSIZE,
]);

/** A result of read() or write() that lasts: the interface, or the other end, is gone. */
export function isGone(result: number): boolean {
  return !PASSING.has(result);
}
