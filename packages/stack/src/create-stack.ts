// The wiring: which part knows which. Life of a frame: ether > arp, or ip > icmp, udp (service or nat), tcp.
import type { Link } from '@reslirp/link';
import { AddressRules } from './address-rules.ts';
import { Arp } from './arp/arp.ts';
import { type NeighbourInfo, Neighbours } from './arp/neighbours.ts';
import { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { Drop, DropCounters } from './drop.ts';
import type { Endpoint } from './endpoint.ts';
import { Cable } from './ether/cable.ts';
import { Claims } from './ether/claims.ts';
import { EtherInput } from './ether/input.ts';
import { Station } from './ether/station.ts';
import type { FlowInfo } from './flow-info.ts';
import { type FlowPage, type FlowQuery, FlowTables } from './flow-tables.ts';
import { type Forward, type ForwardEvents, type ForwardSpec, Forwards } from './forward.ts';
import type { GatewayNet, Gateways, TcpHost } from './gateways.ts';
import { Echo } from './icmp/echo.ts';
import { Icmp4Errors } from './icmp/errors.ts';
import { Icmp4Input } from './icmp/input.ts';
import { Outbound } from './icmp/outbound.ts';
import { Icmp4Output } from './icmp/output.ts';
import { TooBig } from './icmp/too-big.ts';
import { DualErrors, DualOutput } from './ip/dual.ts';
import { Ip4Input } from './ip/input.ts';
import type { IpErrors } from './ip/output.ts';
import { Ip4Output } from './ip/output4.ts';
import type { Reassembly } from './ip/reassembly.ts';
import { ReassemblyRoom } from './ip/reassembly-room.ts';
import { input6, type Lower6, lower6 } from './ipv6.ts';
import type { Network } from './network.ts';
import type { Transport } from './packet.ts';
import { scope } from './scope.ts';
import { StackNet } from './service-net.ts';
import { ServicePorts } from './service-ports.ts';
import { Services } from './services.ts';
import { type Settings, settings } from './settings.ts';
import type { Environment, Probe, Stack } from './stack.ts';
import type { TcpEnvironment } from './tcp/environment.ts';
import { TcpForwards } from './tcp/forwards.ts';
import { type GuestForwardSpec, GuestForwards } from './tcp/guest-forwards.ts';
import { Tcp } from './tcp/tcp.ts';
import { UdpForwards } from './udp/forwards.ts';
import { UdpInput } from './udp/input.ts';
import { Nat } from './udp/nat.ts';

/** Headers of IP and TCP: what the MSS leaves out of a packet (RFC 6691). */
const HEADERS4 = 40;
const HEADERS6 = 60;
/** Payload that one IP packet has room for beside headers with all their options, however it is cut afterwards (RFC 791 3.1). */
const MAX_SEGMENT = 65_535 - 20 - 60;

/** A new network behind `env.link`. Throws ConfigError. Frames are the driver's to hand in: no handler is set here. */
export function createStack(config: Config, env: Environment): Stack {
  const s = settings(config, env.link.mtu);
  const services = new Services(env.services ?? [], s.restricted);
  const { network } = s;
  const { host, random } = env;
  const ports = new ServicePorts(random, (port) => services.isBound(port));
  const below = lowerHalf(s, env, services);
  const machine = new Machine(env, services, below, upperHalf(s, env, services, ports, below));
  services.start(new StackNet({ ...below, network, host, random, ports }));
  return machine;
}

/** What sends to the guest: from the cable up to IP and ICMP. */
interface LowerHalf {
  readonly clock: Clock;
  readonly drops: DropCounters;
  readonly station: Station;
  readonly cable: Cable;
  readonly claims: Claims;
  readonly neighbours: Neighbours;
  readonly arp: Arp;
  readonly ip: DualOutput;
  readonly icmp4: Icmp4Output;
  readonly errors4: Icmp4Errors;
  readonly errors: IpErrors;
  readonly v6: Lower6 | null;
}

function lowerHalf(s: Settings, { link, random }: Environment, services: Services): LowerHalf {
  const { network, limits } = s;
  const clock = new Clock();
  const drops = new DropCounters();
  const station = new Station(network);
  const cable = new Cable(link);
  const neighbours = new Neighbours(limits.neighbours, random);
  const claims = new Claims();
  const shared = { network, station, neighbours, cable, link, drops, clock, random, claims };
  const arp = new Arp(shared);
  const ip4 = new Ip4Output({ ...shared, arp });
  const icmp4 = new Icmp4Output(ip4);
  const errors4 = new Icmp4Errors(network, icmp4);
  const v6 = lower6(s, { ...shared, hasNameserver: services.haveNameserver });
  const ip = new DualOutput(ip4, v6?.ip ?? null, link.offload.datagrams);
  neighbours.onLearn = (address) => ip.resolved(address, clock.now);
  const errors = new DualErrors(errors4, v6?.errors ?? null);
  return { clock, drops, station, cable, claims, neighbours, arp, ip, icmp4, errors4, errors, v6 };
}

/** What hears the guest: the transports, and the way up to them. */
interface UpperHalf {
  readonly tcp: Tcp;
  readonly nat: Nat;
  readonly echo: Echo;
  readonly udpForwards: UdpForwards;
  readonly forwards: Forwards;
  /** Of each IP version that is spoken. */
  readonly reassemblies: readonly Reassembly[];
  readonly room: ReassemblyRoom;
  readonly ether: EtherInput;
}

function upperHalf(
  s: Settings,
  env: Environment,
  services: Services,
  ports: ServicePorts,
  below: LowerHalf,
): UpperHalf {
  const { network, limits, timeouts } = s;
  const { host, random } = env;
  const { clock, drops, errors, v6 } = below;
  const routes = new AddressRules(s, services);
  const nat = new Nat({
    host,
    ip: below.ip,
    errors,
    routes,
    drops,
    clock,
    random,
    lives: timeouts,
    filtering: s.udpFiltering,
    capacity: limits.udpFlows,
  });
  const guestForwards = new GuestForwards(network, host, below.claims);
  const service = (remote: Endpoint) => services.find('tcp', scope(network, remote), remote);
  const { tcp, tcpHost } = newTcp(s, env, { routes, guestForwards, service }, below);
  const output6 = v6?.icmp ?? null;
  const echo = new Echo({ host, output4: below.icmp4, output6, errors, routes, clock, life: timeouts.echo, random });
  const udpForwards = new UdpForwards({ host, ip: below.ip, routes, drops, clock, random });
  const forwards = new Forwards(network, new TcpForwards(tcpHost, tcp), udpForwards, guestForwards);
  const udp = new UdpInput({ network, routes, services, ports, nat, forwards: udpForwards, errors, drops });
  const room = new ReassemblyRoom(limits);
  const outbound = new Outbound({ errors, drops, routes, echo });
  const above = { outbound, tooBig: new TooBig(tcp, drops), udp, tcp, room };
  const ip4 = network.speaks4 ? input4(network, random, below, above) : null;
  const ip6 =
    v6 === null
      ? null
      : input6(v6, { ...below, ...above, network, link: env.link, random, hasNameserver: services.haveNameserver });
  const reassemblies = [ip4, ip6].flatMap((ip) => (ip === null ? [] : [ip.reassembly]));
  const ether = new EtherInput({ ...below, services, ip4, ip6 });
  return { tcp, nat, echo, udpForwards, forwards, reassemblies, room, ether };
}

interface Above {
  readonly room: ReassemblyRoom;
  readonly outbound: Outbound;
  readonly tooBig: TooBig;
  readonly udp: Transport;
  readonly tcp: Transport;
}

function input4(network: Network, random: () => number, below: LowerHalf, above: Above): Ip4Input {
  const { neighbours, errors4, icmp4, drops } = below;
  const icmp = new Icmp4Input({ ...above, network, output: icmp4, drops });
  return new Ip4Input({ network, neighbours, errors: errors4, drops, random, ...above, icmp });
}

function newTcp(
  { mru, limits, timeouts }: Settings,
  env: Environment,
  ways: Pick<TcpEnvironment, 'routes' | 'guestForwards' | 'service'>,
  below: LowerHalf,
): { tcp: Tcp; tcpHost: TcpHost } {
  const { host, random, probe, link, gateways } = env;
  const net: GatewayNet = {
    incoming: (client, guest, now) => tcp.incoming(client, guest, now),
    hostEnd: (connection, into) => tcp.hostEnd(connection, into),
    guestBehind: (hostEnd, remote, into) => tcp.guestBehind(hostEnd, remote, into),
  };
  const tcpHost = gateways?.between(host, net) ?? host;
  const tcp = new Tcp({
    ip: below.ip,
    errors: below.errors,
    host: tcpHost,
    ...ways,
    random,
    drops: below.drops,
    probe,
    timeouts,
    maxFlows: limits.tcpFlows,
    buffer: limits.tcpBuffer,
    memory: limits.tcpMemory,
    mss: (guest) => mru - (guest.is4 ? HEADERS4 : HEADERS6),
    segmentation: Math.min(link.offload.segmentation, MAX_SEGMENT),
  });
  return { tcp, tcpHost };
}

class Machine implements Stack {
  readonly #link: Link;
  readonly #gateways: Gateways | null;
  readonly #services: Services;
  readonly #clock: Clock;
  readonly #drops: DropCounters;
  readonly #lower: LowerHalf;
  readonly #ether: EtherInput;
  readonly #reassemblies: readonly Reassembly[];
  readonly #room: ReassemblyRoom;
  readonly #nat: Nat;
  readonly #echo: Echo;
  readonly #tcp: Tcp;
  readonly #flows: FlowTables;
  readonly #forwards: Forwards;
  readonly #probe: Probe | undefined;
  #closed: boolean = false;

  constructor({ link, probe, gateways }: Environment, services: Services, lower: LowerHalf, upper: UpperHalf) {
    this.#link = link;
    this.#probe = probe;
    this.#gateways = gateways ?? null;
    this.#services = services;
    this.#clock = lower.clock;
    this.#drops = lower.drops;
    this.#lower = lower;
    this.#ether = upper.ether;
    this.#reassemblies = upper.reassemblies;
    this.#room = upper.room;
    this.#nat = upper.nat;
    this.#echo = upper.echo;
    this.#tcp = upper.tcp;
    const { tcp, nat: udp, udpForwards: forward, echo: icmp } = upper;
    this.#flows = new FlowTables({ tcp, udp, forward, icmp });
    this.#forwards = upper.forwards;
  }

  input(b: Uint8Array, at: number, end: number, trusted: boolean, now: number): Drop {
    if (this.#closed) return this.#drops.count(Drop.CLOSED);
    this.#clock.now = now;
    const drop = this.#ether.input(b, at, end, trusted, now);
    if (drop !== Drop.NO) this.#probe?.dropped?.(drop, now);
    return drop;
  }

  poll(now: number): void {
    if (this.#closed) return;
    this.#clock.now = now;
    this.#tcp.poll(now);
    this.#gateways?.poll(now);
    this.#nat.poll(now);
    this.#echo.poll(now);
    for (const reassembly of this.#reassemblies) reassembly.expire(now);
    this.#lower.v6?.router.poll(now);
    this.#services.poll(now);
  }

  deadline(): number {
    if (this.#closed) return Infinity;
    let first = Math.min(this.#tcp.deadline(), this.#nat.deadline(), this.#echo.deadline(), this.#services.deadline());
    for (const reassembly of this.#reassemblies) first = Math.min(first, reassembly.deadline());
    return Math.min(first, this.#lower.v6?.router.deadline() ?? Infinity, this.#gateways?.deadline() ?? Infinity);
  }

  flush(now: number): void {
    if (!this.#closed) {
      this.#clock.now = now;
      this.#services.flush(now);
      this.#lower.ip.flush(now);
      this.#tcp.flush(now);
    }
    this.#link.flush();
  }

  forward(spec: ForwardSpec, events: ForwardEvents): Forward {
    return this.#forwards.add(spec, events);
  }

  guestForward(spec: GuestForwardSpec): Forward {
    return this.#forwards.addInner(spec);
  }

  flows(now: number): FlowInfo[] {
    return this.#flows.all(now);
  }

  flowPage(query: FlowQuery, now: number): FlowPage {
    return this.#flows.page(query, now);
  }

  endFlow(id: string, now: number): boolean {
    if (this.#closed) return false;
    this.#clock.now = now;
    return this.#flows.end(id, now);
  }

  neighbours(now: number): NeighbourInfo[] {
    return this.#lower.neighbours.list(now);
  }

  stats(): Record<string, number> {
    const { cable, neighbours, errors4, v6 } = this.#lower;
    return {
      framesIn: this.#ether.frames,
      bytesIn: this.#ether.bytes,
      framesOut: cable.frames,
      bytesOut: cable.bytes,
      neighbours: neighbours.size,
      reassemblies: this.#room.size,
      reassemblyBytes: this.#room.held,
      icmpErrors: errors4.sent + (v6?.errors.sent ?? 0),
      icmpErrorsSuppressed: errors4.suppressed + (v6?.errors.suppressed ?? 0),
      forwards: this.#forwards.size,
      udpFlows: this.#nat.size,
      udpOpened: this.#nat.opened,
      udpExpired: this.#nat.expired,
      udpEvicted: this.#nat.evicted,
      udpEnded: this.#nat.ended,
      echoFlows: this.#echo.size,
      echoOpened: this.#echo.opened,
      echoExpired: this.#echo.expired,
      echoEvicted: this.#echo.evicted,
      echoEnded: this.#echo.ended,
      ...prefixed('tcp', this.#tcp.stats()),
      ...prefixed('gateway', this.#gateways?.stats() ?? {}),
      ...this.#drops.snapshot(),
    };
  }

  close(now: number): void {
    if (this.#closed) return;
    this.#clock.now = now;
    this.#forwards.close();
    this.#gateways?.close();
    this.#tcp.close(now);
    this.#lower.v6?.router.close();
    this.#closed = true;
    this.#nat.close();
    this.#echo.close();
    this.#services.close();
    this.#lower.ip.flush(now);
    this.#link.flush();
  }
}

/** { flows: 1 } as { tcpFlows: 1 } */
function prefixed(by: string, counters: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, n]) => [by + name[0]!.toUpperCase() + name.slice(1), n]),
  );
}
