// What a session is told of the connection that it reads along in.
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { Parties } from '@reslirp/stack/host';
import type { Expectations } from './expectations.ts';

export interface Connection extends Parties {
  /** The far end, as the host knows it. */
  readonly far: Endpoint;
  readonly expectations: Expectations;
  /** The near end, as the host knows it; null when there is none any more. A new object. */
  near(): Endpoint | null;
}

/** Ports that a guest's services have by agreement (RFC 6335 6): nothing that a guest says opens one of them to the outside. */
export const FIRST_FREE_PORT = 1_024;

/** `e` is a port that the guest of this connection may have opened for its protocol. */
export function isGuests({ guest }: Parties, e: Endpoint): boolean {
  return e.sameAddress(guest) && e.port >= FIRST_FREE_PORT;
}

/**
 * What someone on this very machine says about itself is its loopback; the guest knows it as the connection's other end.
 * Changes `e`, and says whether it did.
 */
export function loopbackAsSeen(connection: Connection, e: Endpoint): boolean {
  const { far, remote } = connection;
  if (!far.isLoopback || !e.isLoopback || remote.is4 !== e.is4) return false;
  e.setAddress(remote);
  return true;
}
