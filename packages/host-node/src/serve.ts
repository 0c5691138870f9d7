import type { Link } from '@reslirp/link';
import { type Config, createStack, type Gateways, type Probe, type Stack } from '@reslirp/stack';
import type { Service } from '@reslirp/stack/service';
import { drive } from './drive.ts';
import { type NodeHost, type NodeHostOptions, nodeHost } from './host.ts';
import { secureRandom } from './random.ts';
import { Turn } from './turn.ts';

export interface ServeOptions {
  /** Where the guest is. Its end (Link.onEnd) is the caller's to watch. */
  readonly link: Link;
  readonly config: Config;
  readonly services?: readonly Service[];
  /** Of the host sockets; their clock is the turn's. */
  readonly host?: Omit<NodeHostOptions, 'now'>;
  readonly probe?: Probe;
  readonly gateways?: Gateways;
  /** [0, 1): cryptographic. */
  readonly random?: () => number;
  /** The clock of everything: a new one. */
  readonly turn?: Turn;
}

export interface Serving {
  readonly stack: Stack;
  readonly host: NodeHost;
  /** Resets every flow toward the guest and the host, and lets go of every socket and timer. The link stays open. */
  close(): void;
}

/** A stack with the sockets and the clock of this process behind it. Throws a ConfigError before anything is open. */
export function serve(options: ServeOptions): Serving {
  const { link, config, services, probe, gateways, turn = new Turn(), random = secureRandom() } = options;
  const host = nodeHost({ ...options.host, now: turn.now });
  const stack = createStack(config, {
    link,
    host,
    random,
    ...(services === undefined ? {} : { services }),
    ...(probe === undefined ? {} : { probe }),
    ...(gateways === undefined ? {} : { gateways }),
  });
  const stop = drive(stack, link, turn);
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    stack.close(turn.now());
    stop();
    host.close();
    link.flush();
  };
  return { stack, host, close };
}
