import { describe, expect, it } from 'vitest';
import { EVERYONE_MAC, endpoint, Rig, text, udp } from '../test/rig.ts';
import { ConfigError } from './config.ts';
import type { Endpoint } from './endpoint.ts';
import type { Binding, Query, Service, ServiceNet } from './service.ts';

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

  dial(port: number, attempt: number, to: Endpoint): boolean {
    to.set4(0x0808_0800 + attempt, port);
    return attempt < 2;
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
      'tcp without dial()',
      [Object.assign(new Echo([{ ...AT_GATEWAY, protocol: 'tcp' }]), { dial: undefined })],
      /has no dial\(\)/,
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

it('when one does not start, those before it are closed', () => {
  const echo = new Echo([AT_GATEWAY]);
  const broken = new Echo([]);
  broken.start = (): void => {
    throw new ConfigError('start', 'no');
  };
  expect(() => new Rig({ services: [echo, broken] })).toThrow('start: no');
  expect([echo.closed, broken.closed]).toEqual([1, 0]);
});
