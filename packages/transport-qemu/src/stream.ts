// `-netdev stream`, and `-netdev socket` with listen= or connect=: the same bytes, each frame after its length in 4 bytes,
// big-endian (QEMU net/stream.c, net_stream_receive). No header of virtio, and checksums are complete.
import type { Socket } from 'node:net';
import { BIG_4, type Link, type Slabs } from '@reslirp/link';
import { socketLink } from '@reslirp/transport-stream';

export interface QemuLinkOptions {
  /** Largest IP packet that we send, bytes: 1500. */
  readonly mtu?: number;
  /** Where slabs come from, when many links share them: its own. */
  readonly slabs?: Slabs;
}

/** What QEMU takes and sends at most, whatever the guest's MTU: NET_BUFSIZE of include/net/net.h, bytes. */
const NET_BUFSIZE = 4_096 + 65_536;

/** A link on a connection to QEMU, whichever side dialled. */
export function qemuLink(socket: Socket, options: QemuLinkOptions = {}): Link {
  // A machine that is switched off has not read everything, and the system says so by a reset
  return socketLink(socket, { ...options, framing: BIG_4, maxFrame: NET_BUFSIZE, hangsUp: true });
}
