// The TUN/TAP driver: Documentation/networking/tuntap.rst of the kernel.
import { Open, Tun } from './constants.ts';
import { interfaceName, interfaceRequest } from './interface.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';

const FLAGS = 16;

export interface TunResult {
  /** Minus an error when negative. */
  readonly fd: number;
  /** What failed: the path, or the ioctl. */
  readonly step: string;
  readonly name: string;
}

/**
 * A TAP in this thread's network namespace; `name` as in 'tap0', or 'tap%d' for the next free one. Its frames have virtio headers,
 * unless `plain`.
 */
export function openTap(name: string, plain: boolean = false): TunResult {
  const path = '/dev/net/tun';
  const fd = libc.open(path, Open.RDWR | Open.NONBLOCK | Open.CLOEXEC);
  if (fd < 0) return { fd, step: path, name };
  const request = interfaceRequest(name);
  request.view.setUint16(FLAGS, Tun.TAP | Tun.NO_PI | (plain ? 0 : Tun.VNET_HDR), true);
  const result = libc.ioctl(fd, Tun.SETIFF, request.address);
  if (result < 0) {
    libc.close(fd);
    return { fd: result, step: 'TUNSETIFF', name };
  }
  return { fd, step: '', name: interfaceName(request) };
}

/** The flags of the TAP behind `fd` (bits of Tun), or minus an error when there is none. */
export function tapFlags(fd: number): number {
  const request = new Region(40);
  const result = libc.ioctl(fd, Tun.GETIFF, request.address);
  return result < 0 ? result : request.view.getUint16(FLAGS, true);
}

/** Bytes of the virtio header before each frame; 0, or minus an error. */
export function setHeaderSize(fd: number, size: number): number {
  const value = new Region(4);
  value.view.setInt32(0, size, true);
  return libc.ioctl(fd, Tun.SETVNETHDRSZ, value.address);
}

/** What the guest's kernel may leave undone (bits of Tun.OFFLOAD_…); 0, or minus an error. */
export function setOffload(fd: number, bits: number): number {
  return libc.ioctl(fd, Tun.SETOFFLOAD, bits);
}
