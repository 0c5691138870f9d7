// The wiring: settings and a link in, a network on that link.
import { type Serving, serve, systemResolvers, Turn } from '@reslirp/host-node';
import type { Link } from '@reslirp/link';
import { dhcp4, dnsForwarder } from '@reslirp/services';
import type { Probe } from '@reslirp/stack';
import type { Service } from '@reslirp/stack/service';
import { Level, type Log } from './log.ts';
import type { Settings } from './settings.ts';

export interface Running {
  /** Resets every flow, and lets go of every socket and timer. The link stays open. */
  close(): void;
  /** Counters by name. */
  stats(): Record<string, number>;
}

/** Serves a network on `link`. Throws a ConfigError when the settings cannot be. */
export function run(link: Link, settings: Settings, log: Log): Running {
  const turn = new Turn();
  const services = servicesOf(settings, turn);
  const serving: Serving = serve({
    link,
    config: settings.network,
    services,
    turn,
    ...(log.level >= Level.DEBUG ? { probe: probe(log) } : {}),
  });
  return {
    close: () => serving.close(),
    stats: () => ({ ...serving.stack.stats(), ...serving.host.stats() }),
  };
}

function servicesOf(settings: Settings, turn: Turn): Service[] {
  const services: Service[] = [];
  if (settings.dhcp !== null) services.push(dhcp4(settings.dhcp));
  if (settings.dns) {
    const path = settings.resolvConf;
    const upstreams = systemResolvers({ now: turn.now, ...(path === null ? {} : { path }) });
    services.push(dnsForwarder({ upstreams }));
  }
  return services;
}

function probe(log: Log): Probe {
  return { flow: (description, before, after) => log.debug(`${description}: ${before} > ${after}`) };
}
