// The wiring: which part knows which. Life of a frame: ether > arp, or ip > icmp, udp (service or nat), tcp.
import type { Link } from '@reslirp/link';
import { AddressRules } from './address-rules.ts';
import { Arp } from './arp/arp.ts';
import { Neighbours } from './arp/neighbours.ts';
import { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { Drop, DropCounters } from './drop.ts';
import { Cable } from './ether/cable.ts';
import { EtherInput } from './ether/input.ts';
import { Station } from './ether/station.ts';
import { type Forward, type ForwardEvents, type ForwardSpec, Forwards } from './forward.ts';
import { Echo } from './icmp/echo.ts';
import { Icmp4Errors } from './icmp/errors.ts';
import { Icmp4Input } from './icmp/input.ts';
import { Icmp4Output } from './icmp/output.ts';
import { Ip4Input } from './ip/input.ts';
import { Ip4Output } from './ip/output4.ts';
import type { Reassembly } from './ip/reassembly.ts';
import { StackNet } from './service-net.ts';
import { Services } from './services.ts';
import { type Settings, settings } from './settings.ts';
import type { Environment, Stack } from './stack.ts';
import { TcpForwards } from './tcp/forwards.ts';
import { Tcp } from './tcp/tcp.ts';
import { UdpForwards } from './udp/forwards.ts';
import { UdpInput } from './udp/input.ts';
import { Nat } from './udp/nat.ts';

/** Headers of IPv4 and TCP: what the MSS leaves out of a packet (RFC 6691). */
const HEADERS = 40;
/** Payload that one IP packet has room for beside headers with all their options, however it is cut afterwards (RFC 791 3.1). */
const MAX_SEGMENT = 65_535 - 20 - 60;

/** A new network behind `env.link`. Throws ConfigError. Frames are the driver's to hand in: no handler is set here. */
export function createStack(config: Config, env: Environment): Stack {
  const s = settings(config, env.link.mtu);
  const services = new Services(env.services ?? [], s.restricted);
  const below = lowerHalf(s, env);
  const machine = new Machine(env.link, services, below, upperHalf(s, env, services, below));
  const { network } = s;
  const { host, random } = env;
  services.start(new StackNet({ network, host, random, ip: below.ip, neighbours: below.neighbours }));
  return machine;
}

/** What sends to the guest: from the cable up to IP and ICMP. */
interface LowerHalf {
  readonly clock: Clock;
  readonly drops: DropCounters;
  readonly station: Station;
  readonly cable: Cable;
  readonly neighbours: Neighbours;
  readonly arp: Arp;
  readonly ip: Ip4Output;
  readonly icmp: Icmp4Output;
  readonly errors: Icmp4Errors;
}

function lowerHalf({ network, limits }: Settings, { link, random }: Environment): LowerHalf {
  const clock = new Clock();
  const drops = new DropCounters();
  const station = new Station(network);
  const cable = new Cable(link);
  const neighbours = new Neighbours(limits.neighbours, random);
  const arp = new Arp({ network, station, neighbours, cable, drops, clock, random });
  const ip = new Ip4Output({ network, station, neighbours, arp, cable, link, drops, random });
  neighbours.onLearn = (address) => ip.resolved(address, clock.now);
  const icmp = new Icmp4Output(ip);
  return { clock, drops, station, cable, neighbours, arp, ip, icmp, errors: new Icmp4Errors(network, icmp) };
}

/** What hears the guest: the transports, and the way up to them. */
interface UpperHalf {
  readonly tcp: Tcp;
  readonly nat: Nat;
  readonly echo: Echo;
  readonly forwards: Forwards;
  readonly ip: Ip4Input;
  readonly ether: EtherInput;
}

function upperHalf(s: Settings, env: Environment, services: Services, below: LowerHalf): UpperHalf {
  const { network, limits } = s;
  const { host, random } = env;
  const { clock, drops, errors, neighbours } = below;
  const routes = new AddressRules(s, services);
  const nat = new Nat({ host, ip: below.ip, errors, routes, drops, clock, random, capacity: limits.udpFlows });
  const tcp = new Tcp({
    ip: below.ip,
    errors,
    host,
    routes,
    random,
    drops,
    probe: env.probe,
    maxFlows: limits.tcpFlows,
    buffer: limits.tcpBuffer,
    memory: limits.tcpMemory,
    mss: () => s.mru - HEADERS,
    segmentation: Math.min(env.link.offload.segmentation, MAX_SEGMENT),
  });
  const echo = new Echo({ host, output: below.icmp, errors, routes, clock, random });
  const icmp = new Icmp4Input({ network, output: below.icmp, errors, drops, routes, echo });
  const udpForwards = new UdpForwards({ host, ip: below.ip, routes, clock, random });
  const forwards = new Forwards(network, new TcpForwards(host, tcp), udpForwards);
  const udp = new UdpInput({ network, routes, services, nat, forwards: udpForwards, errors, drops });
  const ip = new Ip4Input({ network, neighbours, errors, drops, random, limits, icmp, udp, tcp });
  return { tcp, nat, echo, forwards, ip, ether: new EtherInput(below.station, below.arp, ip, drops) };
}

class Machine implements Stack {
  readonly #link: Link;
  readonly #services: Services;
  readonly #clock: Clock;
  readonly #drops: DropCounters;
  readonly #lower: LowerHalf;
  readonly #ether: EtherInput;
  readonly #reassembly: Reassembly;
  readonly #nat: Nat;
  readonly #echo: Echo;
  readonly #tcp: Tcp;
  readonly #forwards: Forwards;
  #closed: boolean = false;

  constructor(link: Link, services: Services, lower: LowerHalf, upper: UpperHalf) {
    this.#link = link;
    this.#services = services;
    this.#clock = lower.clock;
    this.#drops = lower.drops;
    this.#lower = lower;
    this.#ether = upper.ether;
    this.#reassembly = upper.ip.reassembly;
    this.#nat = upper.nat;
    this.#echo = upper.echo;
    this.#tcp = upper.tcp;
    this.#forwards = upper.forwards;
  }

  input(b: Uint8Array, at: number, end: number, trusted: boolean, now: number): Drop {
    if (this.#closed) return this.#drops.count(Drop.CLOSED);
    this.#clock.now = now;
    return this.#ether.input(b, at, end, trusted, now);
  }

  poll(now: number): void {
    if (this.#closed) return;
    this.#clock.now = now;
    this.#tcp.poll(now);
    this.#nat.poll(now);
    this.#echo.poll(now);
    this.#reassembly.expire(now);
    this.#services.poll(now);
  }

  deadline(): number {
    if (this.#closed) return Infinity;
    return Math.min(
      this.#tcp.deadline(),
      this.#nat.deadline(),
      this.#echo.deadline(),
      this.#reassembly.deadline(),
      this.#services.deadline(),
    );
  }

  flush(now: number): void {
    if (!this.#closed) {
      this.#clock.now = now;
      this.#tcp.flush(now);
    }
    this.#link.flush();
  }

  forward(spec: ForwardSpec, events: ForwardEvents): Forward {
    return this.#forwards.add(spec, events);
  }

  stats(): Record<string, number> {
    const { cable, neighbours, errors } = this.#lower;
    return {
      framesIn: this.#ether.frames,
      bytesIn: this.#ether.bytes,
      framesOut: cable.frames,
      bytesOut: cable.bytes,
      neighbours: neighbours.size,
      reassemblies: this.#reassembly.size,
      reassemblyBytes: this.#reassembly.held,
      icmpErrors: errors.sent,
      icmpErrorsSuppressed: errors.suppressed,
      forwards: this.#forwards.size,
      udpFlows: this.#nat.size,
      udpOpened: this.#nat.opened,
      echoFlows: this.#echo.size,
      udpExpired: this.#nat.expired,
      udpEvicted: this.#nat.evicted,
      ...prefixed('tcp', this.#tcp.stats()),
      ...this.#drops.snapshot(),
    };
  }

  close(now: number): void {
    if (this.#closed) return;
    this.#clock.now = now;
    this.#forwards.close();
    this.#tcp.close(now);
    this.#closed = true;
    this.#nat.close();
    this.#echo.close();
    this.#services.close();
    this.#link.flush();
  }
}

/** { flows: 1 } as { tcpFlows: 1 } */
function prefixed(by: string, counters: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, n]) => [by + name[0]!.toUpperCase() + name.slice(1), n]),
  );
}
