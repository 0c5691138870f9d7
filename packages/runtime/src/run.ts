// A network on a link, with the sockets and the loop of Node: what works everywhere.
import { serve, Turn } from '@reslirp/host-node';
import type { Link } from '@reslirp/link';
import type { Limits } from '@reslirp/stack';
import type { Inquiry, Refused, Reply } from './control/inquiry.ts';
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
  unforward(id: number): Promise<void>;
  inquire<K extends Inquiry['kind']>(inquiry: Extract<Inquiry, { kind: K }>): Promise<Reply<K>>;
  /** `listener` hears of the end, while what was counted is still there. Once. */
  onClose(listener: (counters: Snapshot['counters']) => void): void;
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

const TOO_LATE: ForwardAnswer = { error: 'the network is over', port: 0 };
const OVER: Refused = { refused: 'unknown', why: 'the network is over' };

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
  const closing: ((counters: Snapshot['counters']) => void)[] = [];
  let over = false;
  const waiting = new Set<(a: ForwardAnswer) => void>();
  const asked = (make: (answer: (a: ForwardAnswer) => void) => void): Promise<ForwardAnswer> =>
    new Promise((resolve) => {
      if (over) {
        resolve(TOO_LATE);
        return;
      }
      waiting.add(resolve);
      make((answer) => {
        waiting.delete(resolve);
        resolve(answer);
      });
    });
  return {
    forward: (id, request) => asked((answer) => forwards.add(id, request, answer)),
    guestForward: (id, request) => asked((answer) => forwards.addInner(id, request, answer)),
    unforward: async (id) => forwards.remove(id),
    inquire: async <K extends Inquiry['kind']>(inquiry: Extract<Inquiry, { kind: K }>) =>
      (over ? OVER : network.answer(inquiry, host.stats(), turn.now())) as Reply<K>,
    onClose: (listener) => void closing.push(listener),
    snapshot: () => network.snapshot(host.stats(), turn.now()),
    close() {
      if (over) return;
      over = true;
      const counters = network.counters(host.stats());
      for (const listener of closing) listener(counters);
      for (const answer of waiting) answer(TOO_LATE);
      network.end(host.stats());
      close();
    },
  };
}
