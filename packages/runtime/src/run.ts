// A network on a link, with the sockets and the loop of Node: what works everywhere.
import { serve, Turn } from '@reslirp/host-node';
import type { Link } from '@reslirp/link';
import type { Limits } from '@reslirp/stack';
import { type ForwardAnswer, type ForwardRequest, type GuestForwardRequest, StackForwards } from './forwards.ts';
import type { Log } from './log.ts';
import { Network } from './network.ts';
import type { Recording } from './recording.ts';
import { localAddresses, type NetworkSettings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';

export interface Running {
  /** As of Plane. */
  forward(id: number, request: ForwardRequest): Promise<ForwardAnswer>;
  guestForward(id: number, request: GuestForwardRequest): Promise<ForwardAnswer>;
  unforward(id: number): void;
  /** Every flow, and what was counted. */
  snapshot(): Snapshot;
  /** Resets every flow, lets go of every socket and timer, and tells the log what there was. The link stays open. */
  close(): void;
}

/** What one of several networks in this process may take. */
export interface Share {
  readonly limits: Partial<Limits>;
  readonly maxSockets: number;
  readonly maxDatagramSockets: number;
}

export interface RunOptions {
  readonly link: Link;
  readonly settings: NetworkSettings;
  readonly log: Log;
  /** Of this process: all of it. */
  readonly share?: Share | null;
  /** What captures the link: it hears what is dropped, and when a turn ends. */
  readonly recording?: Recording | null;
  /** The clock of the network: one of its own. */
  readonly turn?: Turn;
}

/** Serves a network on a link. Throws a ConfigError when the settings cannot be. */
export function run(options: RunOptions): Running {
  const { link, settings, log, share = null, recording = null, turn = new Turn() } = options;
  const network = new Network(settings, log, turn.now, recording);
  const { services, gateways, probe } = network;
  const { maxSockets = 16_384, maxDatagramSockets = 8_192, limits = {} } = share ?? {};
  const config = { ...settings.network, limits };
  const { stack, host, close } = serve({
    link,
    config,
    services,
    turn,
    host: {
      maxSockets,
      maxDatagramSockets,
      ...localAddresses(settings),
    },
    ...gateways,
    ...probe,
  });
  network.begin(stack);
  const forwards = new StackForwards(stack);
  turn.onEnd((now) => network.look(now));
  return {
    forward: (id, request) => new Promise((resolve) => forwards.add(id, request, resolve)),
    guestForward: (id, request) => new Promise((resolve) => forwards.addInner(id, request, resolve)),
    unforward: (id) => forwards.remove(id),
    snapshot: () => network.snapshot(host.stats(), turn.now()),
    close() {
      network.end(host.stats());
      close();
    },
  };
}
