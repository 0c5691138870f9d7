import { describe, expect, it } from 'vitest';
import { arp, Rig, tcp } from '../../test/rig.ts';
import { introduce, neighbour, rig6, solicited, tcp6 } from '../../test/rig6.ts';
import { ConfigError } from '../config.ts';
import { Endpoint } from '../endpoint.ts';
import type { TcpEvents } from '../host.ts';

const SYN = 2;
const at = (text: string, port: number): Endpoint => Endpoint.parse(text, port)!;

describe('a port inside the network', () => {
  it('leads to an endpoint of the host, restricted or not', () => {
    const rig = new Rig({ restricted: true });
    rig.stack.guestForward({ at: at('10.0.2.4', 80), to: at('127.0.0.1', 8080) });
    expect(rig.send(tcp('10.0.2.15:1000', '10.0.2.4:80', SYN))).toBe('NO');
    expect(rig.host.dialled).toEqual(['127.0.0.1:8080']);
    rig.host.tcpEvents[0]!.opened(rig.now);
    rig.stack.flush(rig.now);
    expect(rig.heard().at(-1)).toBe('10.0.2.4 > 10.0.2.15 tcp 80 > 1000 SYN|ACK');
  });

  it('leads to whatever makes a socket', () => {
    const rig = new Rig();
    const made: TcpEvents[] = [];
    const socket = { read: () => 0, write: () => 0, finish() {}, abort() {}, close() {} };
    rig.stack.guestForward({
      at: at('10.0.2.4', 7),
      to: (events) => {
        made.push(events);
        return socket;
      },
    });
    rig.send(tcp('10.0.2.15:1000', '10.0.2.4:7', SYN));
    expect([made.length, rig.host.dialled]).toEqual([1, []]);
  });

  it('that nobody answers at refuses', () => {
    const rig = new Rig();
    rig.stack.guestForward({ at: at('10.0.2.4', 80), to: at('127.0.0.1', 8080) });
    rig.send(tcp('10.0.2.15:1000', '10.0.2.4:80', SYN));
    rig.host.tcpEvents[0]!.refused(0, rig.now);
    rig.stack.flush(rig.now);
    expect(rig.heard().at(-1)).toContain('RST');
    expect(rig.host.dialled).toHaveLength(1);
  });

  it('is there until it is closed', () => {
    const rig = new Rig();
    const forward = rig.stack.guestForward({ at: at('10.0.2.4', 80), to: at('127.0.0.1', 8080) });
    expect(rig.count('forwards')).toBe(1);
    forward.close();
    expect(rig.count('forwards')).toBe(0);
    expect(rig.send(tcp('10.0.2.15:1000', '10.0.2.4:80', SYN))).toBe('POLICY');
    rig.frames();
    rig.send(arp({ tpa: '10.0.2.4' }));
    expect(rig.heard()).toEqual([]);
  });

  it('other ports of its address are as unreachable as before', () => {
    const rig = new Rig();
    rig.stack.guestForward({ at: at('10.0.2.4', 80), to: at('127.0.0.1', 8080) });
    expect(rig.send(tcp('10.0.2.15:1000', '10.0.2.4:81', SYN))).toBe('POLICY');
  });
});

describe('its address', () => {
  it('is at the gateway’s MAC, and nobody else’s', () => {
    const rig = new Rig();
    rig.stack.guestForward({ at: at('10.0.2.4', 80), to: at('127.0.0.1', 8080) });
    rig.send(arp({ tpa: '10.0.2.4' }));
    expect(rig.heard()).toEqual(['arp 10.0.2.4 is 52:55:0a:00:02:02 > 52:54:00:12:34:56']);
    const before = rig.count('neighbours');
    rig.send(arp({ spa: '10.0.2.4' }));
    expect(rig.count('neighbours')).toBe(before);
  });

  it('may be one of IPv6', () => {
    const rig = rig6();
    introduce(rig);
    rig.stack.guestForward({ at: at('fd00::4', 80), to: { path: '/run/x' } });
    rig.send(neighbour(135, 'fd00::4', 1, { to: solicited('fd00::4') }));
    expect(rig.heard()).toEqual(['fd00::4 > fd00::15 is fd00::4 60000000 at 52:55:0a:00:02:02 > 52:54:00:12:34:56']);
    expect(rig.send(tcp6('fd00::4', 80, SYN))).toBe('NO');
    expect(rig.host.dialled).toEqual(['/run/x']);
  });
});

it.each<[string, string, number]>([
  ["at: '10.0.2.2:80' is no address of this network that is free", '10.0.2.2', 80],
  ["at: '10.0.2.255:80' is no address", '10.0.2.255', 80],
  ["at: '192.0.2.1:80' is no address", '192.0.2.1', 80],
  ["at: '[fd00::4]:80' is no address", 'fd00::4', 80],
  ["at: '10.0.2.4:0' has no port", '10.0.2.4', 0],
])('%s', (message, address, port) => {
  const rig = new Rig();
  expect(() => rig.stack.guestForward({ at: at(address, port), to: { path: '/x' } })).toThrow(message);
});

it('one port leads to one place, and there are 256 of them', () => {
  const rig = new Rig();
  const add = (port: number) => rig.stack.guestForward({ at: at('10.0.2.4', port), to: { path: '/x' } });
  add(1);
  expect(() => add(1)).toThrow(ConfigError);
  for (let port = 2; port <= 256; port++) add(port);
  expect(() => add(257)).toThrow('there are 256 already');
});
