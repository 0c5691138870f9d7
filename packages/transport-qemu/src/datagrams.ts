// `-netdev dgram` over UDP, and `-netdev socket,udp=`: a frame in each datagram, and nothing before it.
//
// QEMU is whoever speaks first. Nobody else is heard until it has been silent for a minute: then a QEMU that was started
// anew, with another port perhaps, is. Datagrams have no connection: there is no token, no end, and no place but loopback.
// Over unix sockets QEMU has the same, and Node has no such sockets: `-netdev stream` is the way there.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Link, MessageLink } from '@reslirp/link';
import { formatPlace, isLoopback, type Place } from '@reslirp/transport-stream';

/** How long the one who spoke must have been silent before another is heard, milliseconds. */
const SILENCE = 60_000;
/** Bytes that wait for us in the kernel, if it allows as many. */
const RECEIVE_BUFFER = 1 << 20;
/** A burst that is larger than QEMU's own buffer, 208 KiB unless somebody changed it, loses frames; so bursts are small. */
const BATCH = 32 * 1024;
const HEADERS = 18;

export interface DatagramOptions {
  /** Where QEMU's `remote` is: of this machine. */
  readonly place: Place;
  /** Largest IP packet that we send, bytes: 1500. */
  readonly mtu?: number;
  /** Longest frame that is taken, bytes: mtu + 18. */
  readonly maxFrame?: number;
  /** Monotonic milliseconds: performance.now(). */
  readonly now?: () => number;
}

export interface DatagramCable {
  readonly link: Link;
  /** With the port that was found when it was asked for any. */
  readonly place: Place;
  /** Frames that were for nobody yet, that the system did not send, that strangers sent, and that were too long. */
  stats(): { unheard: number; unsent: number; strangers: number; tooLong: number };
}

/** Binds a socket. Rejects in one line when it cannot be. */
export async function datagrams(options: DatagramOptions): Promise<DatagramCable> {
  const { place } = options;
  const where = formatPlace(place);
  if (place.kind === 'unix') throw new Error(`${where}: Node has no datagrams on unix sockets; QEMU's stream has them`);
  if (!isLoopback(place)) throw new Error(`${where}: datagrams have no token, so they are for this machine only`);
  const type = isIPv6(place.host) ? 'udp6' : 'udp4';
  const socket = createSocket({ type });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(new Error(`${where}: ${inUse ? 'in use: somebody else listens there' : error.message}`));
    });
    socket.bind(place.port, place.host, () => resolve());
  });
  socket.removeAllListeners('error');
  return new Cable(socket, { ...place, port: socket.address().port }, options);
}

class Cable implements DatagramCable {
  readonly link: MessageLink;
  readonly place: Place;
  readonly #socket: Socket;
  readonly #now: () => number;
  #peer: RemoteInfo | null = null;
  #heardAt: number = 0;
  #unheard: number = 0;
  #unsent: number = 0;
  #strangers: number = 0;
  /** Datagrams of the last write that have not been sent. */
  #under: number = 0;

  constructor(socket: Socket, place: Place, options: DatagramOptions) {
    const { mtu = 1500, maxFrame = mtu + HEADERS } = options;
    this.place = place;
    this.#socket = socket;
    this.#now = options.now ?? (() => performance.now());
    this.link = new MessageLink({
      mtu,
      maxFrame,
      batch: BATCH,
      write: (b, ends, count) => this.#write(b, ends, count),
      finished: () => void socket.close(),
    });
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER);
    } catch {} // then bursts are lost sooner
    socket.on('error', (error) => this.link.ended(new Error(`cable broken: ${error.message}`)));
    socket.on('message', (b, from) => this.#received(b, from));
  }

  stats(): ReturnType<DatagramCable['stats']> {
    const { tooLong } = this.link;
    return { unheard: this.#unheard, unsent: this.#unsent, strangers: this.#strangers, tooLong };
  }

  #received(b: Uint8Array, from: RemoteInfo): void {
    if (!this.#isPeer(from)) {
      this.#strangers++;
      return;
    }
    this.#heardAt = this.#now();
    this.link.received(new Uint8Array(b.buffer, b.byteOffset, b.length), 0, b.length);
  }

  #isPeer(from: RemoteInfo): boolean {
    const peer = this.#peer;
    if (peer !== null && peer.port === from.port && peer.address === from.address) return true;
    if (peer !== null && this.#now() - this.#heardAt < SILENCE) return false;
    this.#peer = from;
    return true;
  }

  #write(b: Uint8Array, ends: Int32Array, count: number): boolean {
    const peer = this.#peer;
    if (peer === null) {
      this.#unheard += count;
      return true;
    }
    this.#under = count;
    for (let i = 0; i < count; i++) {
      const at = i === 0 ? 0 : ends[i - 1]!;
      this.#socket.send(b, at, ends[i]! - at, peer.port, peer.address, this.#sent);
    }
    return false;
  }

  readonly #sent = (error: Error | null): void => {
    if (error !== null) this.#unsent++;
    if (--this.#under === 0) this.link.written();
  };
}
