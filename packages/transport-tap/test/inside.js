// In a namespace: makes a TAP, sends it out over descriptor 3, and ends. Arguments: its name, and what it is to be:
// 'tap', 'bare' (without virtio headers), or 'tun'.
import { Errno, libc, Open, openTap, Region, sendDescriptor, Tun } from '@reslirp/syscall'; // what was built

const [, , name = 'tap0', kind = 'tap'] = process.argv;
const FLAGS = { bare: Tun.TAP | Tun.NO_PI, tun: 1 | Tun.NO_PI };

function other(flags) {
  const fd = libc.open('/dev/net/tun', Open.RDWR | Open.NONBLOCK);
  const request = new Region(40);
  request.bytes.set(new TextEncoder().encode(name));
  request.view.setUint16(16, flags, true);
  return libc.ioctl(fd, Tun.SETIFF, request.address) < 0 ? -Errno.EINVAL : fd;
}

const fd = kind === 'tap' ? openTap(name).fd : other(FLAGS[kind]);
process.exitCode = fd >= 0 && sendDescriptor(3, fd) === 1 ? 0 : 1;
