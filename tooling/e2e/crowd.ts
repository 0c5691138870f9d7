// Many scripted guests at once, on WebSockets: each with a TCP of its own that checks every byte.
import type { Link } from '@reslirp/link';
import { address, checkPattern, fillPattern, Guest, type GuestTcp, mulberry, Timeline } from '@reslirp/testkit';
import { type WebSocketLike, wsLink } from '@reslirp/transport-ws';
import { WebSocket } from 'ws';
import { type Server, tcp } from './servers.ts';

const GATEWAY = address('10.0.2.2') as number;
const PLACES = {
  address: address('10.0.2.20') as number,
  gateway: GATEWAY,
  address6: address('fd00::20') as Uint8Array,
  gateway6: address('fd00::2') as Uint8Array,
};
const TICK = 5;

/** Takes a stream of `up` bytes, and sends one of `down`: as GuestTcp means them. */
export async function exchanger(up: number, down: number): Promise<Server> {
  const server: Server = await tcp((socket) => {
    const { port } = server;
    let received = 0;
    socket.on('data', (b) => {
      checkPattern(port, received, b, 0, b.length);
      received += b.length;
    });
    socket.on('end', () => {
      if (received !== up) socket.destroy(new Error(`${received} bytes came instead of ${up}`));
    });
    const b = Buffer.alloc(down);
    fillPattern(port + 1, 0, b, 0, down);
    socket.end(b);
  });
  return server;
}

export class Crowd {
  readonly guests: Guest[] = [];
  readonly links: Link[] = [];
  readonly #time: Timeline = new Timeline();
  readonly #random: () => number = mulberry(1);
  readonly #timer: NodeJS.Timeout;

  constructor() {
    const began = performance.now();
    this.#timer = setInterval(() => this.#time.pass(performance.now() - began - this.#time.now, () => {}), TICK);
  }

  /** Another guest, connected. */
  async join(url: string): Promise<Guest> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const link = wsLink(socket as unknown as WebSocketLike, { keeps: true });
    const guest = new Guest(link, this.#time, { ...PLACES, corrupt: false, random: this.#random });
    this.links.push(link);
    this.guests.push(guest);
    return guest;
  }

  /** Connects to the gateway's `port`, sends `send` bytes and takes what comes; milliseconds that all of it took. */
  async exchange(guest: Guest, port: number, send: number, timeout: number): Promise<{ tcp: GuestTcp; took: number }> {
    const began = performance.now();
    const connection = guest.connect(GATEWAY, port, { send, mss: 1_460, scale: 4, timestamps: true });
    while (!connection.done && performance.now() - began < timeout && connection.state !== 'reset') {
      await new Promise((resolve) => setTimeout(resolve, TICK));
    }
    return { tcp: connection, took: performance.now() - began };
  }

  leave(): void {
    clearInterval(this.#timer);
    for (const link of this.links) link.close();
  }
}
