// What a Host under test is given: a far side to talk to.
import type { Endpoint } from '../endpoint.ts';
import type { Host, UnixPath } from '../host.ts';

export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

/** A Host with a far side to talk to. */
export interface HostUnderTest {
  readonly host: Host;
  /** A place that accepts connections. */
  listen(): Promise<FarListener>;
  /** A place where nobody listens: a connection is refused. */
  refusing(): Promise<Endpoint>;
  /** A path for a unix socket, where nothing is and something can be. */
  path(): Promise<UnixPath>;
  /** Somebody on this machine connects to `to`. Resolves once he believes to be connected; `from` is he, 0.0.0.0:0 by a path. */
  dial(to: Endpoint | UnixPath): Promise<{ readonly far: FarTcp; readonly from: Endpoint }>;
  /** A far UDP socket. */
  datagrams(): Promise<FarDatagrams>;
  /**
   * A far UDP socket that many are told of at once: it is in the group of `at`, or hears the broadcast address that `at` is. The host's
   * datagrams to both stay on this machine. Absent: there is no such on this machine.
   */
  many?(kind: 'group' | 'everybody'): Promise<FarDatagrams>;
  /** Lets things happen until `true_`; rejects when that takes too long. `what` goes to the message. */
  until(what: string, true_: () => boolean): Promise<void>;
  /** Lets happen whatever is under way. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface FarListener {
  readonly at: Endpoint;
  /** Every connection so far, oldest first. */
  readonly accepted: readonly FarTcp[];
}

/** The far end of one connection. It reads nothing until read(), and keeps its direction open when the near one ends. */
export interface FarTcp {
  /** Who is at the other end, as this one knows it. */
  readonly peer: Endpoint;
  /** Reads from now on; `take` gets what arrives. */
  read(take: (b: Uint8Array, at: number, end: number) => void): void;
  /** Queues bytes, as many as it is given. */
  write(b: Uint8Array): void;
  /** Bytes queued that the network has not taken yet. */
  readonly unsent: number;
  /** As write(), at once, the last byte being urgent. Absent: the far side cannot say so. */
  urge?(b: Uint8Array): void;
  /** A FIN follows what was queued. */
  end(): void;
  reset(): void;
  /** A FIN was read. */
  readonly ended: boolean;
  /** A RST came. */
  readonly lost: boolean;
}

export interface FarDatagrams {
  readonly at: Endpoint;
  readonly received: readonly { readonly from: Endpoint; readonly bytes: Uint8Array }[];
  send(to: Endpoint, bytes: Uint8Array): void;
}
