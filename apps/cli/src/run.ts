// The wiring: settings and a link in, a network on that link.
import { serve, systemResolvers, Turn } from '@reslirp/host-node';
import type { Link } from '@reslirp/link';
import { dhcp4Server, dnsForwarder } from '@reslirp/services';
import type { Probe } from '@reslirp/stack';
import { DropReport } from './drop-report.ts';
import { Level, type Log } from './log.ts';
import type { Settings } from './settings.ts';

export interface Running {
  /** Resets every flow, lets go of every socket and timer, and tells the log what there was. The link stays open. */
  close(): void;
}

/** Serves a network on `link`. Throws a ConfigError when the settings cannot be. */
export function run(link: Link, settings: Settings, log: Log): Running {
  const turn = new Turn();
  const path = settings.resolvConf;
  const upstreams = systemResolvers({ now: turn.now, ...(path === null ? {} : { path }) });
  const dhcp = settings.dhcp === null ? null : dhcp4Server(settings.dhcp);
  const dns = settings.dns ? dnsForwarder({ upstreams }) : null;
  const { stack, host, close } = serve({
    link,
    config: settings.network,
    services: [dhcp, dns].filter((service) => service !== null),
    turn,
    ...(log.level >= Level.DEBUG ? { probe: probe(log) } : {}),
  });
  const drops = new DropReport(log, () => stack.stats(), turn.now);
  const { network, gateway, nameserver } = settings.network;
  const asks = dns === null ? 'no DNS' : `nameserver ${nameserver} (asks ${upstreams().join(', ')})`;
  log.info(`network ${network}, gateway ${gateway}, ${asks}`);
  return {
    close() {
      drops.close();
      if (log.level >= Level.DEBUG) {
        log.debug(list('stack', stack.stats()));
        log.debug(list('host', host.stats()));
        if (dns !== null) log.debug(list('dns', dns.stats()));
      }
      close();
    },
  };
}

/** For flows that never were, and for those that ended as they should. */
const LAST_WORDS: Readonly<Record<string, string>> = {
  'HOST-CONNECTING': 'not opened',
  'SYN-RECEIVED': 'given up by the guest',
  'TIME-WAIT': 'closed',
  'LAST-ACK': 'closed',
};

function probe(log: Log): Probe {
  return {
    flow(description, before, after) {
      if (log.level >= Level.TRACE) log.trace(`${description}: ${before} > ${after}`);
      else if (after === 'ESTABLISHED') log.debug(`${description}: opened`);
      else if (after === 'CLOSED') log.debug(`${description}: ${LAST_WORDS[before] ?? `closed in ${before}`}`);
    },
  };
}

/** Only what happened. */
function list(name: string, counters: Readonly<Record<string, number>>): string {
  const happened = Object.entries(counters).filter(([, n]) => n > 0);
  return `${name}: ${happened.length === 0 ? 'nothing' : happened.map(([what, n]) => `${what} ${n}`).join(', ')}`;
}
