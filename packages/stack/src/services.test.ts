import { describe, expect, it } from 'vitest';
import { EVERYONE_MAC, endpoint, Rig, tcp, text, udp } from '../test/rig.ts';
import { ConfigError } from './config.ts';
import type { Endpoint } from './endpoint.ts';
import { END, type TcpEvents, type TcpSocket } from './host.ts';
import type { Binding, Query, Service, ServiceNet, ServicePort } from './service.ts';

/** A far end that the service plays itself: repeats what it is told, and ends when it is ended. */
class Parrot implements TcpSocket {
  readonly log: string[] = [];
  readonly #events: TcpEvents;
  #opened: boolean = false;
  #ended: boolean = false;
  #waiting: number[] = [];

  constructor(events: TcpEvents) {
    this.#events = events;
  }

  flush(now: number): void {
    if (!this.#opened) this.#events.opened(now);
    this.#opened = true;
    if (this.#waiting.length > 0 || this.#ended) this.#events.readable(now);
  }

  read(into: Uint8Array, at: number, end: number): number {
    const n = Math.min(end - at, this.#waiting.length);
    into.set(this.#waiting.splice(0, n), at);
    return n > 0 || !this.#ended ? n : END;
  }

  write(b: Uint8Array, at: number, end: number): number {
    this.#waiting.push(...b.subarray(at, end));
    return end - at;
  }

  finish(): void {
    this.#ended = true;
  }

  abort(): void {
    this.log.push('abort');
  }

  close(): void {
    this.log.push('close');
  }
}

/** Says what it hears back, in capitals. */
class Echo implements Service {
  readonly name: string;
  readonly bindings: readonly Binding[];
  readonly egress: boolean;
  readonly heard: string[] = [];
  due: number = Infinity;
  polled: number[] = [];
  closed: number = 0;
  net!: ServiceNet;
  full: boolean = false;
  stream: Parrot | null = null;

  constructor(bindings: readonly Binding[], { name = 'echo', egress = false } = {}) {
    this.bindings = bindings;
    this.name = name;
    this.egress = egress;
  }

  start(net: ServiceNet): void {
    this.net = net;
  }

  received(q: Query, now: number): void {
    const said = String.fromCharCode(...q.b.subarray(q.at, q.end));
    this.heard.push(`${q.from} > ${q.to} ${said}`);
    const answer = text(said.toUpperCase());
    this.net.send(q.to, q.from, null, answer, 0, answer.length, now);
  }

  connect(from: Endpoint, to: Endpoint, events: TcpEvents): TcpSocket | null {
    this.heard.push(`${from} > ${to}`);
    if (this.full) return null;
    this.stream = new Parrot(events);
    return this.stream;
  }

  flush(now: number): void {
    this.stream?.flush(now);
  }

  poll(now: number): void {
    this.polled.push(now);
  }

  deadline(): number {
    return this.due;
  }

  close(): void {
    this.closed++;
  }
}

const AT_GATEWAY: Binding = { protocol: 'udp', port: 7, at: 'gateway' };
const ANYWHERE: Binding = { protocol: 'udp', port: 7, at: 'anywhere' };

describe('bindings', () => {
  it('at one address take what comes there, and no more', () => {
    const echo = new Echo([AT_GATEWAY]);
    const rig = new Rig({ services: [echo] });
    expect(rig.send(udp('10.0.2.15:1000', '10.0.2.2:7', 'abc'))).toBe('NO');
    expect(rig.send(udp('10.0.2.15:1000', '10.0.2.3:7', 'abc'))).toBe('IP4_DESTINATION');
    expect(rig.send(udp('10.0.2.15:1000', '10.0.2.2:8', 'abc'))).toBe('NO'); // the host's
    expect(echo.heard).toEqual(['10.0.2.15:1000 > 10.0.2.2:7 abc']);
    expect(rig.heard()[0]).toBe('10.0.2.2 > 10.0.2.15 udp 7 > 1000 ABC');
  });

  it('anywhere hear the broadcast address too, and guests without an address', () => {
    const echo = new Echo([ANYWHERE]);
    const rig = new Rig({ services: [echo] });
    for (const to of ['10.0.2.2', '10.0.2.3', '10.0.2.255', '255.255.255.255']) rig.send(udp('10.0.2.15:1', `${to}:7`));
    expect(rig.send(udp('0.0.0.0:68', '255.255.255.255:7', 'x', { dst: EVERYONE_MAC }))).toBe('NO');
    expect(echo.heard).toHaveLength(5);
  });

  it.each<[string, readonly Echo[], RegExp]>([
    [
      'the same port twice',
      [new Echo([AT_GATEWAY]), new Echo([AT_GATEWAY], { name: 'b' })],
      /'echo' and 'b' both answer udp port 7/,
    ],
    ['anywhere and somewhere', [new Echo([AT_GATEWAY]), new Echo([ANYWHERE])], /both answer/],
    ['port 0', [new Echo([{ ...AT_GATEWAY, port: 0 }])], /port 0, which is none/],
    ['udp without received()', [Object.assign(new Echo([AT_GATEWAY]), { received: undefined })], /has no received\(\)/],
    [
      'tcp without connect()',
      [Object.assign(new Echo([{ ...AT_GATEWAY, protocol: 'tcp' }]), { connect: undefined })],
      /has no connect\(\)/,
    ],
  ])('%s is a ConfigError', (_what, services, message) => {
    expect(() => new Rig({ services })).toThrow(ConfigError);
    expect(() => new Rig({ services })).toThrow(message);
  });

  it('of different protocols do not meet', () => {
    expect(
      () => new Rig({ services: [new Echo([AT_GATEWAY]), new Echo([{ ...AT_GATEWAY, protocol: 'tcp' }])] }),
    ).not.toThrow();
  });
});

describe('a connection to a service', () => {
  const TCP: Binding = { ...AT_GATEWAY, protocol: 'tcp' };
  const SYN = 2;
  const [GUEST, GATEWAY] = ['10.0.2.15:1000', '10.0.2.2:7'] as const;

  it('opens when the service says so, at the end of the turn', () => {
    const echo = new Echo([TCP]);
    const rig = new Rig({ services: [echo] });
    expect([rig.send(tcp(GUEST, GATEWAY, SYN)), echo.heard]).toEqual(['NO', [`${GUEST} > ${GATEWAY}`]]);
    expect(rig.heard()).toEqual([]);
    rig.stack.flush(rig.now);
    expect(rig.heard().at(-1)).toBe('10.0.2.2 > 10.0.2.15 tcp 7 > 1000 SYN|ACK');
    expect(rig.host.dialled).toEqual([]);
  });

  it('that the service does not take is refused', () => {
    const echo = new Echo([TCP]);
    echo.full = true;
    const rig = new Rig({ services: [echo] });
    rig.send(tcp(GUEST, GATEWAY, SYN));
    rig.stack.flush(rig.now);
    expect([rig.heard().at(-1), rig.count('tcpFlows'), rig.count('tcpRefused')]).toEqual([
      '10.0.2.2 > 10.0.2.15 tcp 7 > 1000 RST|ACK',
      0,
      1,
    ]);
  });

  it('is none in a restricted network, where the service has egress', () => {
    const echo = new Echo([TCP], { egress: true });
    const rig = new Rig({ services: [echo], restricted: true });
    expect([rig.send(tcp(GUEST, GATEWAY, SYN)), echo.heard]).toEqual(['POLICY', []]);
  });

  it('that the guest resets is aborted', () => {
    const echo = new Echo([TCP]);
    const rig = new Rig({ services: [echo] });
    rig.send(tcp(GUEST, GATEWAY, SYN));
    rig.send(tcp(GUEST, GATEWAY, 4, 2));
    expect([echo.stream?.log, rig.count('tcpFlows')]).toEqual([['abort'], 0]);
  });
});

describe('a restricted network', () => {
  it('asks services without egress only', () => {
    const inner = new Echo([AT_GATEWAY]);
    const outer = new Echo([{ ...AT_GATEWAY, port: 53 }], { egress: true });
    const rig = new Rig({ services: [inner, outer], restricted: true });
    expect(rig.send(udp('10.0.2.15:1000', '10.0.2.2:7'))).toBe('NO');
    expect(rig.send(udp('10.0.2.15:1000', '10.0.2.2:53'))).toBe('POLICY');
    expect(rig.send(udp('10.0.2.15:1000', '192.0.2.1:7'))).toBe('POLICY');
    expect([inner.heard.length, outer.heard.length, rig.host.udpSockets.length]).toEqual([1, 0, 0]);
  });
});

describe('what a service may do', () => {
  it('send to a MAC without asking ARP, and have it learned', () => {
    const echo = new Echo([AT_GATEWAY]);
    const rig = new Rig({ services: [echo] });
    const [from, to] = [endpoint('10.0.2.2:67'), endpoint('10.0.2.40:68')];
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 9);
    echo.net.send(from, to, mac, text('lease'), 0, 5, rig.now);
    expect([...rig.frames()[0]!.bytes.subarray(0, 6)]).toEqual([...mac]);
    echo.net.send(from, to, null, text('lease'), 0, 5, rig.now);
    expect(rig.heard()).toEqual(['arp who is 10.0.2.40 tell 10.0.2.2 > ff:ff:ff:ff:ff:ff']);
    echo.net.neighbour(to, mac, rig.now);
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.40 udp 67 > 68 lease']); // it has waited for that
    echo.net.send(from, to, null, text('again'), 0, 5, rig.now);
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.40 udp 67 > 68 again']);
  });

  it('send to everyone', () => {
    const echo = new Echo([AT_GATEWAY]);
    const rig = new Rig({ services: [echo] });
    echo.net.send(endpoint('10.0.2.2:67'), endpoint('255.255.255.255:68'), null, text('x'), 0, 1, rig.now);
    expect([...rig.frames()[0]!.bytes.subarray(0, 6)]).toEqual([...EVERYONE_MAC]);
  });

  it('not teach us that our own address is elsewhere', () => {
    const echo = new Echo([AT_GATEWAY]);
    const rig = new Rig({ services: [echo] });
    for (const own of ['10.0.2.2', '10.0.2.3', '10.0.2.255', '192.0.2.1']) {
      echo.net.neighbour(endpoint(own), Uint8Array.of(2, 0, 0, 0, 0, 9), rig.now);
    }
    expect(rig.count('neighbours')).toBe(0);
  });

  it('wait: its deadline is the stack’s', () => {
    const echo = new Echo([AT_GATEWAY]);
    const rig = new Rig({ services: [echo, { name: 'still', bindings: [], egress: false, start: () => {} }] });
    echo.due = rig.now + 5;
    expect(rig.stack.deadline()).toBe(rig.now + 5);
    rig.after(5);
    expect(echo.polled).toEqual([rig.now]);
  });
});

describe('a port that a service opens', () => {
  const OWN = endpoint('10.0.2.2:7');
  const GUEST = endpoint('10.0.2.15:1000');

  function bench(options: { restricted?: boolean; bindings?: readonly Binding[] } = {}): { rig: Rig; echo: Echo } {
    const echo = new Echo(options.bindings ?? []);
    return { echo, rig: new Rig({ services: [echo], restricted: options.restricted ?? false }) };
  }

  function open(echo: Echo, own: Endpoint = OWN, peer: Endpoint = GUEST): ServicePort {
    return echo.net.openPort(own, peer, (q, now) => echo.received(q, now))!;
  }

  it.each([false, true])('takes what its guest sends there, and answers from it; restricted: %s', (restricted) => {
    const { rig, echo } = bench({ restricted });
    const { port } = open(echo);
    expect(port).toBeGreaterThanOrEqual(49_152);
    expect(rig.send(udp('10.0.2.15:1000', `10.0.2.2:${port}`, 'abc'))).toBe('NO');
    expect(rig.send(udp('10.0.2.15:1001', `10.0.2.2:${port}`, 'xyz'))).toBe('NO');
    expect(echo.heard).toEqual([`10.0.2.15:1000 > 10.0.2.2:${port} abc`, `10.0.2.15:1001 > 10.0.2.2:${port} xyz`]);
    expect(rig.heard()[0]).toBe(`10.0.2.2 > 10.0.2.15 udp ${port} > 1000 ABC`);
  });

  it('is the host’s own for other guests, at other addresses, and once it is closed', () => {
    const { rig, echo } = bench();
    const held = open(echo);
    rig.send(udp('10.0.2.16:1000', `10.0.2.2:${held.port}`, 'other guest'));
    rig.send(udp('10.0.2.15:1000', `10.0.2.3:${held.port}`, 'other address'));
    expect([echo.heard, rig.host.udpSockets.length]).toEqual([[], 1]);
    held.close();
    held.close();
    rig.send(udp('10.0.2.15:1000', `10.0.2.2:${held.port}`, 'closed'));
    expect([echo.heard, rig.host.udpSockets.length]).toEqual([[], 2]);
  });

  it('is another one each time, and none that a service is bound to', () => {
    const bindings = Array.from({ length: 100 }, (_, i): Binding => ({ ...AT_GATEWAY, port: 60_000 + i }));
    const { echo } = bench({ bindings });
    const ports = Array.from({ length: 1_024 }, () => open(echo));
    const numbers = new Set(ports.map(({ port }) => port));
    expect(numbers.size).toBe(1_024);
    expect(bindings.some(({ port }) => numbers.has(port))).toBe(false);
    expect(open(echo)).toBeNull();
    ports[0]!.close();
    ports[0]!.close();
    expect(open(echo)).not.toBeNull();
    ports[0]!.close(); // its number may be another's by now
    expect(open(echo)).toBeNull();
  });
});

it('when one does not start, those before it are closed', () => {
  const echo = new Echo([AT_GATEWAY]);
  const broken = new Echo([]);
  broken.start = (): void => {
    throw new ConfigError('start', 'no');
  };
  expect(() => new Rig({ services: [echo, broken] })).toThrow('start: no');
  expect([echo.closed, broken.closed]).toEqual([1, 0]);
});
