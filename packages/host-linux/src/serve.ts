import type { Link } from '@reslirp/link';
import { type Config, createStack, type Gateways, type Probe, type Stack } from '@reslirp/stack';
import type { Service } from '@reslirp/stack/service';
import type { Loop } from '@reslirp/syscall';
import { type LinuxHost, type LinuxHostOptions, linuxHost } from './host.ts';

export interface ServeOptions {
  readonly loop: Loop;
  /** Where the guest is. Its end (Link.onEnd) is the caller's to watch. */
  readonly link: Link;
  readonly config: Config;
  readonly services?: readonly Service[];
  /** Of the host's sockets. */
  readonly host?: Omit<LinuxHostOptions, 'loop'>;
  readonly probe?: Probe;
  readonly gateways?: Gateways;
  /** [0, 1): unpredictable for a guest's peers. */
  readonly random: () => number;
}

export interface Serving {
  readonly stack: Stack;
  readonly host: LinuxHost;
  /** Resets every flow toward the guest and the host, and lets go of every socket. The link and the loop stay open. */
  close(): void;
}

/** A stack on the turns of `loop`. Throws a ConfigError before anything is open. */
export function serve(options: ServeOptions): Serving {
  const { loop, link, config, random, services, probe, gateways } = options;
  const host = linuxHost({ ...options.host, loop });
  const stack = createStack(config, {
    link,
    host,
    random,
    ...(services === undefined ? {} : { services }),
    ...(probe === undefined ? {} : { probe }),
    ...(gateways === undefined ? {} : { gateways }),
  });
  let closed = false;
  link.onFrame((b, at, end, trusted) => {
    if (!closed) stack.input(b, at, end, trusted, loop.now());
  });
  const ignore = loop.onTurnEnd((now) => {
    if (stack.deadline() <= now) stack.poll(now);
    stack.flush(now);
    return stack.deadline();
  });
  const close = (): void => {
    if (closed) return;
    closed = true;
    ignore();
    stack.close(loop.now());
    host.close();
    link.flush();
  };
  return { stack, host, close };
}
