/** What a link can finish in a frame, and what the stack therefore leaves undone. */
export interface Offload {
  /** The link completes TCP and UDP checksums: their field then holds the folded pseudo-header sum only. */
  readonly checksum: boolean;
  /** Largest transport payload of one commit() that the link cuts to `mss` by itself; 0 when it cuts nothing. */
  readonly segmentation: number;
  /** Largest UDP payload of one commit() that the link cuts into datagrams of `mss` bytes; 0 when it cuts none. */
  readonly datagrams: number;
}

export const NO_OFFLOAD: Offload = { checksum: false, segmentation: 0, datagrams: 0 };

/** How a frame that is longer than one segment is to be cut. */
export const Cut = { NO: 0, TCP4: 1, TCP6: 2, UDP: 3 } as const;
export type Cut = (typeof Cut)[keyof typeof Cut];

/** What is left for the link to finish in one frame. One object, owned and reused by the sender. */
export interface Unfinished {
  /** Offset in the frame where the checksum begins: the transport header. */
  sumFrom: number;
  /** Offset of the checksum field from there. */
  sumField: number;
  cut: Cut;
  /** Payload bytes of each segment when `cut` is not NO. */
  mss: number;
}

/**
 * Bytes [at, end) of `b` are one Ethernet frame without FCS, lent until the handler returns.
 * `b` is a plain Uint8Array, never a Buffer: its slice() makes a copy.
 * `trusted`: its transport checksum needs no verification, or is not complete, because it never left this machine.
 */
export type FrameHandler = (b: Uint8Array, at: number, end: number, trusted: boolean) => void;

/**
 * A cable with one end in our hand. Memory is the link's: the stack writes headers into it, and lends payloads.
 *
 * Order of calls: reserve() > write into `slab` > commit(), any number of times, then flush() at the end of the turn.
 * A link never interprets a frame, never queues without end, and calls no handler from within reserve() or commit().
 */
export interface Link {
  /** Largest IP packet, bytes. Frames of up to mtu + 18 (Ethernet header and one VLAN tag) pass. */
  readonly mtu: number;
  readonly offload: Offload;
  /** Where reserve() puts frames. Read it after reserve(): the link may change slabs. */
  readonly slab: Uint8Array;
  /**
   * Room for one frame of at most `size` bytes, lent payload included, as an offset into `slab`;
   * -1 when the link is full or closed. A reservation that is not committed is void at the next reserve().
   */
  reserve(size: number): number;
  /**
   * Sends the first `size` bytes of the last reservation, followed by bytes [from, to) of `lent`,
   * which the link has read or copied when commit() returns.
   */
  commit(size: number, lent?: Uint8Array | null, from?: number, to?: number, unfinished?: Unfinished | null): void;
  /** The turn is over: what was committed leaves now. Spurious calls are harmless. */
  flush(): void;
  onFrame(handler: FrameHandler): void;
  /** Called once there is room again after a reserve() said -1. */
  onRoom(handler: () => void): void;
  /** Called once when the other end is gone: null for an orderly end, else what broke, in one line. */
  onEnd(handler: (error: Error | null) => void): void;
  /** Takes nothing more; what was flushed still leaves. */
  close(): void;
}
