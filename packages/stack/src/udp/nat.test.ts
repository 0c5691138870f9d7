import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpoint, Rig, type RigOptions, text, udp } from '../../test/rig.ts';
import { rig6, udp6 } from '../../test/rig6.ts';

const GUEST = '10.0.2.15:1000';

function mapped(to: string = '192.0.2.1:7', options: RigOptions = {}): Rig {
  const rig = new Rig(options);
  rig.send(udp(GUEST, to));
  return rig;
}

function receive(rig: Rig, from: string, socket: number = 0): void {
  const bytes = text('answer');
  rig.host.udpSockets[socket]!.events.received(endpoint(from), bytes, 0, bytes.length, rig.now);
}

describe('RFC 4787', () => {
  it('REQ-1: one socket for a guest endpoint, whoever it talks to', () => {
    const rig = mapped();
    rig.send(udp(GUEST, '192.0.2.1:8', 'second'));
    rig.send(udp(GUEST, '198.51.100.9:7', 'third'));
    rig.send(udp('10.0.2.15:1001', '192.0.2.1:7', 'other port'));
    rig.send(udp('10.0.2.16:1000', '192.0.2.1:7', 'other guest'));
    expect(rig.host.udpSockets.map((s) => s.sent)).toEqual([
      ['192.0.2.1:7 ttl 63 hello', '192.0.2.1:8 ttl 63 second', '198.51.100.9:7 ttl 63 third'],
      ['192.0.2.1:7 ttl 63 other port'],
      ['192.0.2.1:7 ttl 63 other guest'],
    ]);
  });

  it('REQ-8: whoever finds the port is heard, under its own address', () => {
    const rig = mapped();
    receive(rig, '192.0.2.1:7');
    receive(rig, '198.51.100.200:4000');
    expect(rig.heard()).toEqual([
      '192.0.2.1 > 10.0.2.15 udp 7 > 1000 answer',
      '198.51.100.200 > 10.0.2.15 udp 4000 > 1000 answer',
    ]);
  });

  it('REQ-6: either direction keeps the mapping for 240 s', () => {
    const rig = mapped();
    rig.after(239_000).send(udp(GUEST, '192.0.2.1:7'));
    rig.after(239_000);
    receive(rig, '192.0.2.1:7');
    rig.after(239_999);
    expect(rig.host.udpSockets[0]!.closed).toBe(false);
    rig.after(1);
    expect([rig.host.udpSockets[0]!.closed, rig.count('udpFlows'), rig.count('udpExpired')]).toEqual([true, 0, 1]);
    expect(rig.stack.deadline()).toBe(Infinity);
  });

  it('REQ-5: and for as long as was asked for', () => {
    const rig = new Rig({ timeouts: { udp: 5_000, udpDns: 1_000 } });
    rig.send(udp(GUEST, '192.0.2.1:7'));
    rig.send(udp('10.0.2.15:2000', '192.0.2.53:53'));
    rig.after(1_000);
    expect(rig.count('udpFlows')).toBe(1);
    rig.after(4_000);
    expect(rig.count('udpFlows')).toBe(0);
  });

  it('REQ-5 (a): one that only asked for names goes after 10 s', () => {
    const rig = mapped('192.0.2.53:53');
    expect(rig.stack.deadline()).toBe(rig.now + 10_000);
    rig.after(5_000);
    receive(rig, '192.0.2.53:53');
    rig.after(9_999);
    expect(rig.count('udpFlows')).toBe(1);
    rig.after(1);
    expect(rig.count('udpFlows')).toBe(0);
  });

  it('REQ-5: and not when it did more', () => {
    const rig = mapped('192.0.2.53:53');
    rig.send(udp(GUEST, '192.0.2.1:123'));
    rig.send(udp(GUEST, '192.0.2.53:53'));
    rig.after(239_999);
    expect(rig.count('udpFlows')).toBe(1);
  });
});

it('nobody of IPv4 is heard at a port of IPv6: there is no address to show', () => {
  const rig = rig6();
  rig.send(udp6('2001:db8::1', 7));
  receive(rig, '192.0.2.1:7');
  expect(rig.heard()).toEqual([]);
});

describe('the gateway is the host', () => {
  it('there and back, by loopback', () => {
    const rig = mapped('10.0.2.2:7');
    expect(rig.host.udpSockets[0]!.sent).toEqual(['127.0.0.1:7 ttl 64 hello']);
    receive(rig, '127.0.0.1:7');
    receive(rig, '127.0.0.53:7');
    expect(rig.heard()).toEqual([
      '10.0.2.2 > 10.0.2.15 udp 7 > 1000 answer',
      '10.0.2.2 > 10.0.2.15 udp 7 > 1000 answer',
    ]);
  });

  it('unless hostLoopback is off', () => {
    const rig = mapped('10.0.2.2:7', { hostLoopback: false });
    expect(rig.host.udpSockets).toHaveLength(0);
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.15 icmp unreachable 0 about 10.0.2.15 > 10.0.2.2 (33)']);
  });
});

describe('the cap', () => {
  it('closes what was idle longest', () => {
    const rig = mapped('192.0.2.1:7', { limits: { udpFlows: 2 } });
    rig.send(udp('10.0.2.15:1001', '192.0.2.1:7'));
    rig.send(udp(GUEST, '192.0.2.1:7'));
    rig.send(udp('10.0.2.15:1002', '192.0.2.1:7'));
    expect(rig.host.udpSockets.map((s) => s.closed)).toEqual([false, true, false]);
    expect([rig.count('udpFlows'), rig.count('udpEvicted')]).toEqual([2, 1]);
  });

  it('holds, and no socket is left open, whatever guests do', () => {
    const steps = fc.array(fc.record({ guest: fc.nat(9), port: fc.constantFrom(53, 7), wait: fc.nat(20_000) }));
    fc.assert(
      fc.property(steps, (all) => {
        const rig = new Rig({ limits: { udpFlows: 3 } });
        for (const { guest, port, wait } of all) {
          rig.after(wait).send(udp(`10.0.2.15:${1000 + guest}`, `192.0.2.1:${port}`));
          const open = rig.host.udpSockets.filter((s) => !s.closed);
          expect(open.length).toBe(rig.count('udpFlows'));
          expect(open.length).toBeLessThanOrEqual(3);
        }
        rig.after(240_000);
        expect(rig.host.udpSockets.every((s) => s.closed)).toBe(true);
      }),
    );
  });

  it('of the host: the guest hears of it, and one old mapping makes room', () => {
    const rig = new Rig();
    rig.host.left = 1;
    rig.send(udp(GUEST, '192.0.2.1:7'));
    expect(rig.send(udp('10.0.2.15:1001', '192.0.2.1:7'))).toBe('UDP_EXHAUSTED');
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.15 icmp unreachable 1 about 10.0.2.15 > 192.0.2.1 (33)']);
    expect([rig.host.udpSockets[0]!.closed, rig.count('udpFlows')]).toEqual([true, 0]);
    rig.after(240_000); // and nothing is left to wait for
    rig.host.left = 1;
    expect(rig.send(udp('10.0.2.15:1001', '192.0.2.1:7'))).toBe('NO');
  });
});
