// UDP of an imagined machine: sockets on ports of its own, and a world beyond that sends every datagram back.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Timeline } from './timeline.ts';

const LOOPBACK = 0x7f00_0001;
/** Ports of nobody's choice: RFC 6335 6. */
const DYNAMIC = { first: 49_152, count: 16_384 } as const;
/** Milliseconds on the way. */
const WAY = 1;

/** `from` and the bytes are lent. */
export type Hear = (from: Endpoint, b: Uint8Array, now: number) => void;

export interface Datagrams {
  /** Its own name on this machine. */
  readonly at: Endpoint;
  send(to: Endpoint, b: Uint8Array): void;
  close(): void;
}

export class SimulatedUdp {
  readonly #time: Timeline;
  readonly #sockets: Map<number, Hear> = new Map();
  #next: number = 0;

  constructor(time: Timeline) {
    this.#time = time;
  }

  /** A socket on `port`, 0 for any; null when it is in use. */
  open(port: number, hear: Hear): Datagrams | null {
    const own = port === 0 ? this.#free() : port;
    if (own === 0 || this.#sockets.has(own)) return null;
    this.#sockets.set(own, hear);
    return {
      at: Endpoint.of4(LOOPBACK, own),
      send: (to, b) => this.#send(own, hear, to, b),
      close: () => void (this.#sockets.get(own) === hear && this.#sockets.delete(own)),
    };
  }

  #send(own: number, hear: Hear, to: Endpoint, b: Uint8Array): void {
    const copy = b.slice();
    const target = to.isLoopback ? this.#sockets.get(to.port) : undefined;
    const from = target === undefined ? to.copy() : named(to, own);
    const [port, ear] = target === undefined ? [own, hear] : [to.port, target];
    this.#time.schedule(WAY, () => {
      if (this.#sockets.get(port) === ear) ear(from, copy, this.#time.now);
    });
  }

  #free(): number {
    for (let i = 0; i < DYNAMIC.count; i++) {
      const port = DYNAMIC.first + (this.#next++ % DYNAMIC.count);
      if (!this.#sockets.has(port)) return port;
    }
    return 0;
  }
}

/** This machine, as `to`, which is this machine as well, has to be answered. */
function named(to: Endpoint, port: number): Endpoint {
  const name = to.copy();
  name.port = port;
  return name;
}
