// One episode of the simulation: a world drawn from its seed, traffic of every kind through it, and what must hold at the end.
//
// Every byte arrives once and in order (the guest and the host check each), every flow comes to the end that its script asks
// for, and nothing is left: no flow, mapping, reassembly, socket, timer or ring.
import { type Address, address } from './address.ts';
import { type Draw, drawCable, drawer, drawScript } from './draw.ts';
import type { GuestTcp, GuestTcpOptions } from './guest-tcp.ts';
import { mulberry } from './random.ts';
import type { Script } from './script.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

const DAY = 86_400_000;
const SERVERS = ['192.0.2.1', '2001:db8::1'].map(address);
const GATEWAYS = ['10.0.2.2', 'fd00::2'].map(address);
const MOST_FLOWS = 12;
const FIRST_PORT = 2_000;
const ECHO_PORT = 7;
/** An even port, for the streams of each flow are its port and the next. */
const STEP = 2;

export interface Episode {
  /** Of the cable, both directions, whatever became of them. */
  readonly packets: number;
  /** Of the streams, both directions. */
  readonly bytes: number;
  readonly flows: number;
  /** Virtual milliseconds until the last flow had ended. */
  readonly took: number;
}

/** Throws with the seed in its message where anything does not hold. `watch` sees what the guest sends, `sent` what the stack does. */
export function episode(seed: number, taps: Pick<WorldOptions, 'watch' | 'sent'> = {}): Episode {
  const random = mulberry(seed ^ 0x5eed);
  const draw = drawer(random);
  const cable = drawCable(draw);
  const both = draw(true, false);
  const config = both ? { network6: 'fd00::/64' } : {};
  const world = createWorld({ seed, ...(cable === null ? {} : { cable }), config, ...taps });
  const servers = both ? SERVERS : SERVERS.slice(0, 1);
  const gateways = both ? GATEWAYS : GATEWAYS.slice(0, 1);
  const places = [...servers, ...gateways];
  const flows = Array.from(
    { length: 1 + Math.floor(random() * MOST_FLOWS) },
    (_, i) => new Drawn(world, draw, places, i),
  );
  for (let i = 0; i < 20; i++) {
    world.guest.datagram(draw(...places), ECHO_PORT, draw(0, 1, 500, 1_400));
    world.guest.ping(draw(...gateways), draw(0, 56, 1_400));
    world.run(10);
  }
  world.run(DAY, () => flows.every((flow) => flow.over));
  const took = world.time.now;
  world.run(DAY / 24); // what the guest has given may still be on its way into a host that stalls
  for (const flow of flows) flow.mustBeRight(seed);
  world.mustBeQuiet();
  const bytes = flows.reduce((n, flow) => n + flow.connection.received + flow.connection.acknowledged, 0);
  const { passed, lost } = world.cable;
  return { packets: passed + lost, bytes, flows: flows.length, took };
}

/** One connection, and what its server does. */
class Drawn {
  readonly connection: GuestTcp;
  readonly #script: Script;
  readonly #up: number;
  readonly #world: World;
  readonly #port: number;

  constructor(world: World, draw: Draw, places: readonly Address[], index: number) {
    this.#world = world;
    this.#port = FIRST_PORT + STEP * index;
    this.#up = draw(0, 1, 10_000, 100_000, 300_000);
    this.#script = drawScript(draw);
    world.host.listen(this.#port, this.#script);
    this.connection = world.guest.connect(draw(...places), this.#port, this.#options(draw));
  }

  get over(): boolean {
    const { state } = this.connection;
    if (state !== 'opening' && state !== 'open') return true;
    // A RST may be lost, and whoever has nothing more to say does not hear of it
    return this.#peer?.state === 'reset';
  }

  mustBeRight(seed: number): void {
    const { state, received } = this.connection;
    const { refuse, resetAfter, send = 0 } = this.#script;
    const fail = (what: string): never => {
      throw new Error(`seed=${seed}: port ${this.#port} ${what}; ${JSON.stringify(this.#script)}`);
    };
    if (refuse !== undefined) {
      if (state !== 'refused') fail(`is ${state}, not refused`);
      return;
    }
    if (resetAfter !== undefined && this.#peer?.state === 'reset') return;
    if (state !== 'closed') fail(`is ${state}, with ${received} bytes of ${send}`);
    if (received !== send) fail(`got ${received} bytes of ${send}`);
    if (this.#peer?.received !== this.#up) fail(`gave ${this.#peer?.received} bytes of ${this.#up}`);
  }

  get #peer(): World['host']['peers'][number] | undefined {
    return this.#world.host.peers.find((peer) => peer.port === this.#port);
  }

  #options(draw: Draw): GuestTcpOptions {
    const scale = draw(undefined, 0, 7);
    const mss = draw(undefined, 88, 536, 1_440);
    return {
      send: this.#up,
      timestamps: draw(true, false),
      sack: draw(true, false),
      delayAcks: draw(0, 0, 40, 200),
      window: draw(1_000, 16_000, 0xffff),
      ...(scale === undefined ? {} : { scale }),
      ...(mss === undefined ? {} : { mss }),
      ...(draw(0, 1, 2, 3) === 0 ? { stallFor: 30_000 } : {}),
    };
  }
}
