// What has happened to a flow, on either of its two sides. Two ends times eleven RFC states would be a large machine;
// a set of events is a small one, and the RFC 9293 state is a name for it, used only for people.

export const Ev = {
  /** The guest's SYN came. Without HOST_OPEN: the host is being asked. */
  GUEST_SYN: 1,
  /** The host is connected: our SYN is on its way, and it acknowledges the guest's if that has come (GUEST_SYN). */
  HOST_OPEN: 2,
  /** The guest acknowledged our SYN. */
  OPEN: 4,
  /** The guest's FIN came, in order. */
  GUEST_FIN: 8,
  /** … and ours had not been sent: the guest is the one who closes actively (RFC 9293 3.6). */
  GUEST_FIRST: 16,
  /** Everything up to the guest's FIN was written to the host, and its socket finished. */
  HOST_TOLD: 32,
  /** The host sent its last byte. */
  HOST_FIN: 64,
  /** Our FIN was sent. */
  FIN_SENT: 128,
  /** The guest acknowledged our FIN. */
  FIN_ACKED: 256,
  /** Over, in whatever way: nothing more happens to this flow. */
  CLOSED: 512,
} as const;
export type Ev = (typeof Ev)[keyof typeof Ev];

export function stateName(events: number): string {
  if (events === 0 || (events & Ev.CLOSED) !== 0) return 'CLOSED';
  if ((events & Ev.GUEST_SYN) === 0) return 'SYN-SENT';
  if ((events & Ev.OPEN) === 0) return (events & Ev.HOST_OPEN) !== 0 ? 'SYN-RECEIVED' : 'HOST-CONNECTING';
  const acked = (events & Ev.FIN_ACKED) !== 0;
  if ((events & Ev.GUEST_FIN) === 0) {
    if (acked) return 'FIN-WAIT-2';
    return (events & Ev.FIN_SENT) !== 0 ? 'FIN-WAIT-1' : 'ESTABLISHED';
  }
  if (acked) return 'TIME-WAIT';
  if ((events & Ev.FIN_SENT) === 0) return 'CLOSE-WAIT';
  return (events & Ev.GUEST_FIRST) !== 0 ? 'LAST-ACK' : 'CLOSING';
}
