// What a network is made of, whichever host and loop carry it: services, messages, and the words at its beginning and end.
import { applicationGateways } from '@reslirp/gateways';
import { systemResolvers } from '@reslirp/host-node';
import {
  type Dhcp4Server,
  type Dhcp6Server,
  type DnsOptions,
  type DnsServer,
  describeQuery,
  dhcp4Server,
  dhcp6Server,
  dnsServer,
  type GuestNames,
  type NcsiResponder,
  ncsiResponder,
  type TftpServer,
  tftpServer,
} from '@reslirp/services';
import { dropName, type Gateways, type Probe, type Stack } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Service } from '@reslirp/stack/service';
import { answer } from './control/answer.ts';
import type { Inquiry, Reply } from './control/inquiry.ts';
import { DropReport } from './drop-report.ts';
import { LeaseFile } from './lease-file.ts';
import { Level, type Log } from './log.ts';
import type { Recording } from './recording.ts';
import type { NetworkSettings } from './settings.ts';
import { type Counters, listed, type Snapshot } from './snapshot.ts';
import { TftpDirectory } from './tftp-directory.ts';

export class Network {
  readonly services: readonly Service[];
  /** For the stack, where they were asked for. */
  readonly gateways: { readonly gateways?: Gateways };
  /** For the stack, where the log wants to know of flows, or a capture of frames that are dropped. */
  readonly probe: { readonly probe?: Probe };
  readonly #settings: NetworkSettings;
  readonly #log: Log;
  readonly #dhcp: Dhcp4Server | null;
  readonly #dhcp6: Dhcp6Server | null;
  readonly #dns: DnsServer | null;
  readonly #tftp: TftpServer | null;
  readonly #ncsi: NcsiResponder;
  readonly #asks: string;
  readonly #recording: Recording | null;
  #drops: DropReport | null = null;
  #stack: Stack | null = null;

  /** `now`: the clock of the loop, milliseconds. `recording`: of its cables, and its user's to close. */
  constructor(settings: NetworkSettings, log: Log, now: () => number, recording: Recording | null) {
    this.#settings = settings;
    this.#log = log;
    this.#recording = recording;
    const path = settings.resolvConf;
    const upstreams = systemResolvers({ now, ...(path === null ? {} : { path }) });
    const { leaseFile = null } = settings;
    const store = leaseFile === null ? null : new LeaseFile(leaseFile, log, now);
    this.#dhcp = settings.dhcp === null ? null : dhcp4Server(settings.dhcp, store);
    const guests = this.#dhcp === null ? {} : { guests: guestNames(this.#dhcp) };
    this.#dns = settings.dns === null ? null : dnsServer({ ...settings.dns, upstreams, ...guests, ...queryLog(log) });
    this.#tftp = settings.tftp === undefined ? null : tftp(settings.tftp, log);
    this.#dhcp6 = settings.dhcp6 === null ? null : dhcp6Server(settings.dhcp6);
    this.#ncsi = ncsiResponder(settings.ncsi);
    const all = [this.#dhcp, this.#dhcp6, this.#dns, this.#tftp, this.#ncsi];
    this.services = all.filter((service) => service !== null);
    this.gateways = settings.emulate === true ? { gateways: applicationGateways() } : {};
    const flow = log.level >= Level.DEBUG ? flowsTo(log) : {};
    const dropped = recording === null ? {} : dropsTo(recording);
    this.probe = 'flow' in flow || 'dropped' in dropped ? { probe: { ...flow, ...dropped } } : {};
    this.#asks = asks(settings, upstreams);
  }

  /** It is served. */
  begin(stack: Stack): void {
    this.#stack = stack;
    this.#drops = new DropReport(this.#log, () => stack.stats());
    const { network, gateway, network6 } = this.#settings.network;
    const also = network6 === undefined ? '' : ` and ${network6}`;
    this.#log.info(`network ${network}${also}, gateway ${gateway}, ${this.#asks}`);
  }

  /** For the end of every turn. */
  look(now: number): void {
    this.#drops?.look(now);
    this.#recording?.flush();
  }

  /** Tells the log what there was. Before the stack is closed. */
  end(host: Counters): void {
    this.#drops?.close();
    if (this.#log.level < Level.DEBUG) return;
    for (const [part, counters] of Object.entries(this.counters(host))) this.#log.debug(listed(part, counters));
  }

  snapshot(host: Counters, now: number): Snapshot {
    return { flows: this.#stack?.flows(now) ?? [], counters: this.counters(host) };
  }

  /** What is asked of it, or told, while it runs. */
  answer(inquiry: Inquiry, host: Counters, now: number): Reply {
    const stack = this.#stack;
    if (stack === null) return { refused: 'unknown', why: 'nothing is served yet' };
    const { dhcp, dhcp6, dns } = { dhcp: this.#dhcp, dhcp6: this.#dhcp6, dns: this.#dns };
    return answer({ stack, dhcp, dhcp6, dns, counters: () => this.counters(host) }, inquiry, now);
  }

  /** By the part that has counted. */
  counters(host: Counters): Readonly<Record<string, Counters>> {
    if (this.#stack === null) return {};
    return {
      stack: this.#stack.stats(),
      host,
      ...(this.#dhcp === null ? {} : { dhcp: this.#dhcp.stats() }),
      ...(this.#dhcp6 === null ? {} : { dhcp6: this.#dhcp6.stats() }),
      ...(this.#dns === null ? {} : { dns: this.#dns.stats() }),
      ...(this.#tftp === null ? {} : { tftp: this.#tftp.stats() }),
      ncsi: this.#ncsi.stats(),
    };
  }
}

/** For flows that never were, and for those that ended as they should. */
const LAST_WORDS: Readonly<Record<string, string>> = {
  'HOST-CONNECTING': 'not opened',
  'SYN-RECEIVED': 'given up by the guest',
  'TIME-WAIT': 'closed',
  'LAST-ACK': 'closed',
};

function dropsTo(recording: Recording): Probe {
  return { dropped: (why) => recording.dropped(dropName(why)) };
}

/** Guests by the names that they gave DHCP. */
function guestNames(dhcp: Dhcp4Server): GuestNames {
  return {
    addressesOf(name, now) {
      const ip = dhcp.addressOf(name, now);
      return ip === null ? [] : [Endpoint.of4(ip)];
    },
    nameOf: (e, now) => (e.is4 ? (dhcp.nameOf(e.ip4, now)?.split('.', 1)[0] ?? null) : null),
  };
}

/** A line for each question of a guest, where somebody wants to read so much. */
function queryLog(log: Log): Pick<DnsOptions, 'log'> {
  return log.level < Level.DEBUG ? {} : { log: (record) => log.debug(`dns: ${describeQuery(record)}`) };
}

function asks({ dns, network }: NetworkSettings, upstreams: DnsOptions['upstreams']): string {
  if (dns === null) return 'no DNS';
  const domains = (dns.domains ?? []).map(({ domain, servers }) => `${domain}: ${servers.join(', ') || 'nobody'}`);
  const servers = dns.servers === undefined || dns.servers.length === 0 ? upstreams() : dns.servers;
  return `nameserver ${network.nameserver} (asks ${[servers.join(', '), ...domains].join('; ')})`;
}

function flowsTo(log: Log): Probe {
  return {
    flow(description, before, after) {
      if (log.level >= Level.TRACE) log.trace(`${description}: ${before} > ${after}`);
      else if (after === 'ESTABLISHED') log.debug(`${description}: opened`);
      else if (after === 'CLOSED') log.debug(`${description}: ${LAST_WORDS[before] ?? `closed in ${before}`}`);
    },
  };
}

function tftp(path: string, log: Log): TftpServer {
  return tftpServer({
    files: new TftpDirectory(path),
    ended: (guest, name, how) => log.info(`tftp: ${guest} ${JSON.stringify(name)}: ${how}`),
  });
}
