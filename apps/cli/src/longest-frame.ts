import { VDE_FRAME } from '@reslirp/link';

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;

/** Of a frame that comes, bytes: what vde_plug can send, or the guest's largest packet with its headers. */
export function longestFrame({ mtu = 0, mru = 0 }: { readonly mtu?: number; readonly mru?: number }): number {
  return Math.max(VDE_FRAME, mtu + HEADERS, mru + HEADERS);
}
