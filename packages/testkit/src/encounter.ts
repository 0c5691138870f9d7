// One encounter of twins: the engine at both ends of a cable, drawn from its seed, with connections both ways through forwards,
// datagrams large and small, and what must hold at the end. It is to twins.ts what simulation.ts is to world.ts.
import type { Config } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { BindFault, UnixPath } from '@reslirp/stack/host';
import { type Draw, drawCable, drawer, drawScript } from './draw.ts';
import { checkPattern, fillPattern } from './pattern.ts';
import { mulberry } from './random.ts';
import type { Script } from './script.ts';
import type { Peer } from './simulated-tcp.ts';
import type { Episode } from './simulation.ts';
import { createTwins, type Twin, type Twins, type TwinsOptions } from './twins.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const LOOPBACK = 0x7f00_0001;
const MOST_FLOWS = 12;
const FIRST_PORT = 2_000;
/** An even port, for the streams of each flow are its port and the next. */
const STEP = 2;
const FIRST_CLIENT = 30_000;
const ECHO_PORT = 7;
const UDP_DOOR = 5_300;
/** Addresses of the network that nobody has, where each end leads to something of its host's. */
const CLAIMED = [
  ['10.0.2.100', 'fd00::100'],
  ['10.0.2.101', 'fd00::101'],
] as const;

/** Throws with the seed in its message where anything does not hold. `sent` sees what both stacks do. */
export function encounter(seed: number, taps: Pick<TwinsOptions, 'sent'> = {}): Episode {
  const random = mulberry(seed ^ 0x7315);
  const draw = drawer(random);
  const options = drawTwins(seed, draw);
  const twins = createTwins({ ...options, ...taps });
  const corrupts = (options.cable?.corrupt ?? 0) > 0;
  const count = 1 + Math.floor(random() * MOST_FLOWS);
  const flows = Array.from({ length: count }, (_, i) => new Call(twins, draw, i));
  const echoes = twins.ends.flatMap((end, i) =>
    end.names.map((name) => new Echoes(end, twins.ends[1 - i]!, name, corrupts)),
  );
  for (let i = 0; i < 20; i++) {
    for (const echo of echoes) echo.ask(draw(0, 1, 500, 1_400, 4_000, 9_000));
    twins.run(10);
  }
  twins.run(DAY, () => flows.every((flow) => flow.over));
  const took = twins.time.now;
  twins.run(4 * HOUR); // whoever has not heard of an end finds out by asking
  const { passed, lost, corrupted } = twins.cable;
  const isLossy = lost > 0 || corrupted > 0;
  for (const flow of flows) flow.mustBeRight(seed, isLossy);
  for (const end of [...flows, ...echoes]) end.close();
  twins.mustBeQuiet();
  mustLetGo(seed, twins);
  const bytes = flows.reduce((n, { moved }) => n + moved, 0);
  return { packets: passed + lost, bytes, flows: flows.length, took };
}

/** Closing ends what is left: timers of router advertisements, and the forwards' sockets. */
function mustLetGo(seed: number, { ends, time }: Twins): void {
  for (const { stack, host } of ends) {
    stack.close(time.now);
    const left = [host.open, host.doors, stack.deadline() === Infinity ? 0 : 1];
    if (left.some((n) => n > 0)) throw new Error(`seed=${seed}: closed, but left ${left} (sockets, doors, timers)`);
  }
}

function drawTwins(seed: number, draw: Draw): TwinsOptions {
  const cable = drawCable(draw);
  const both = draw(true, false);
  const config = (): Partial<Config> => ({
    mtu: draw(1_500, 1_500, both ? 1_280 : 576),
    limits: { tcpBuffer: draw(1 << 23, 1 << 16, 1 << 14), tcpMemory: draw(1 << 28, 1 << 20) },
  });
  const segmentation = draw(0, 65_536);
  return {
    seed,
    both,
    configs: [config(), config()],
    ...(cable === null ? {} : { cable }),
    ...(cable === null && segmentation > 0 ? { offload: { checksum: true, segmentation, datagrams: 0 } } : {}),
  };
}

/** One connection, from a client beside one end to a server beside the other. */
class Call {
  readonly #port: number;
  readonly #client: Script;
  readonly #server: Script;
  readonly #near: Twin;
  readonly #far: Twin;
  readonly #closers: (() => void)[] = [];
  #dialled: boolean = false;
  #unbound: BindFault | null = null;
  #peer: Peer | null = null;

  constructor(twins: Twins, draw: Draw, index: number) {
    const far = draw<0 | 1>(0, 1);
    this.#near = twins.ends[1 - far]!;
    this.#far = twins.ends[far];
    this.#port = FIRST_PORT + STEP * index;
    this.#server = drawServer(draw);
    this.#client = drawClient(draw, this.#server);
    this.#far.host.listen(this.#port, this.#server);
    const door = draw<Endpoint | UnixPath>(Endpoint.of4(LOOPBACK, this.#port), { path: `/run/${this.#port}` });
    const forward = this.#near.stack.forward(
      { protocol: 'tcp', host: door, guest: this.#place(draw, CLAIMED[far]) },
      {
        bound: () => {},
        unbound: (why) => {
          this.#unbound = why;
        },
      },
    );
    this.#closers.push(() => forward.close());
    const isKept = draw(true, true, false);
    twins.time.schedule(2 + draw(0, 0, 50, 1_000), () => {
      this.#dial(door, index);
      if (!isKept) forward.close();
    });
  }

  get over(): boolean {
    if (!this.#dialled) return false;
    return [this.#peer, ...this.#servers].every((peer) => peer === null || hasEnded(peer));
  }

  get moved(): number {
    return (this.#peer?.received ?? 0) + (this.#peer?.sent ?? 0);
  }

  close(): void {
    for (const close of this.#closers) close();
  }

  /** `lossy`: the way there may not have been found in time. */
  mustBeRight(seed: number, lossy: boolean): void {
    const wrong = this.#wrong(lossy);
    if (wrong === null) return;
    const ends = [this.#peer, ...this.#servers].map((p) => p && [p.state, p.received, p.sent]);
    throw new Error(
      `seed=${seed}: port ${this.#port} ${wrong}; ${JSON.stringify([this.#client, this.#server, ...ends])}`,
    );
  }

  /** Null: nothing. */
  #wrong(lossy: boolean): string | null {
    const peer = this.#peer;
    if (this.#unbound !== null) return `is not there: ${this.#unbound}`;
    if (peer === null) return 'took nobody';
    if (!this.over) return 'has not ended';
    if (this.#server.refuse !== undefined) {
      return peer.state === 'aborted' && peer.received === 0 ? null : 'was not refused';
    }
    if ([peer, ...this.#servers].some(({ state }) => state === 'reset')) return null;
    return peer.state === 'aborted' && peer.received === 0 && lossy ? null : this.#incomplete(peer, lossy);
  }

  #incomplete(peer: Peer, lossy: boolean): string | null {
    const all = this.#servers;
    const server = all.find(({ received, sent }) => received > 0 || sent > 0) ?? all[0];
    if (server === undefined) return 'did not arrive';
    if (server.received !== (this.#client.send ?? 0)) return 'went up with bytes missing';
    if (peer.received !== (this.#server.send ?? 0)) return 'came down with bytes missing';
    // The last ACK may be lost until TIME-WAIT is over: whoever waits for it hears a RST
    const late = [peer, server].filter(({ state, finished }) => lossy && state === 'aborted' && finished);
    const inOrder = [peer, server].filter(({ state }) => state === 'closed');
    return inOrder.length + late.length === 2 && inOrder.length > 0 ? null : 'did not end in order';
  }

  get #servers(): readonly Peer[] {
    return this.#far.host.peers.filter((peer) => peer.port === this.#port && peer !== this.#peer);
  }

  /** The other end by its name, or an address of its that leads to the same. */
  #place(draw: Draw, claimed: readonly string[]): Endpoint {
    const { names, stack } = this.#far;
    const which = draw(0, 1) * (names.length - 1);
    const place = names[which]!.copy();
    if (draw(true, true, false)) {
      place.port = this.#port;
      return place;
    }
    const at = Endpoint.parse(claimed[which]!, this.#port)!;
    const forward = stack.guestForward({ at, to: Endpoint.of4(LOOPBACK, this.#port) });
    this.#closers.push(() => forward.close());
    return at;
  }

  #dial(door: Endpoint | UnixPath, index: number): void {
    this.#dialled = true;
    const isPath = 'path' in door;
    const from = isPath ? Endpoint.of4(0) : Endpoint.of4(LOOPBACK, FIRST_CLIENT + index);
    const streams = { says: this.#port, hears: this.#port + 1 };
    this.#peer = this.#near.host.dial(from, isPath ? door.path : this.#port, this.#client, streams);
  }
}

function hasEnded({ state }: Peer): boolean {
  return state !== 'connecting' && state !== 'open';
}

/** It does not wait for a server that waits for it. */
function drawClient(draw: Draw, server: Script): Script {
  const { refuse: _, ...script } = drawScript(draw);
  return { ...script, endAfterGuest: script.endAfterGuest === true && server.endAfterGuest !== true };
}

/** Whatever a server may refuse with. */
function drawServer(draw: Draw): Script {
  const script = drawScript(draw);
  return script.refuse === undefined ? script : { refuse: draw(0, 0, 1, 2, 3, 6) };
}

/** Datagrams through a forward of one end to the echo beside the other. */
class Echoes {
  readonly #socket: ReturnType<Twin['host']['datagrams']['open']>;
  readonly #door: Endpoint;
  readonly #close: () => void;

  constructor(near: Twin, far: Twin, name: Endpoint, corrupts: boolean) {
    const guest = far.names.find(({ is4 }) => is4 === name.is4)!.copy();
    guest.port = ECHO_PORT;
    this.#door = Endpoint.of4(LOOPBACK, UDP_DOOR + (name.is4 ? 0 : 1));
    const events = { bound: () => {}, unbound: () => {} };
    const forward = near.stack.forward({ protocol: 'udp', host: this.#door, guest }, events);
    this.#close = () => forward.close();
    this.#socket = near.host.datagrams.open(0, (_from, b) => {
      // Two bits of two fragments may cancel out in the one checksum that all of them have
      if (!corrupts) checkPattern(b.length, 0, b, 0, b.length);
    });
  }

  ask(size: number): void {
    const b = new Uint8Array(size);
    fillPattern(size, 0, b, 0, size);
    this.#socket?.send(this.#door, b);
  }

  close(): void {
    this.#close();
    this.#socket?.close();
  }
}
