// RFC 4787 5 and RFC 3489 5: who is heard at a guest's port, where not everybody is.
import { describe, expect, it } from 'vitest';
import { endpoint, Rig, type RigOptions, text, udp } from '../../test/rig.ts';

const GUEST = '10.0.2.15:1000';

function mapped(options: RigOptions): Rig {
  const rig = new Rig(options);
  rig.send(udp(GUEST, '192.0.2.1:7'));
  return rig;
}

function receive(rig: Rig, from: string, socket: number = 0): string[] {
  const bytes = text('answer');
  rig.host.udpSockets[socket]!.events.received(endpoint(from), bytes, 0, bytes.length, rig.now);
  return rig.heard();
}

const heard = (from: string, port: number): string[] => [`${from} > 10.0.2.15 udp ${port} > 1000 answer`];

describe('address-dependent', () => {
  const options = { udpFiltering: 'address-dependent' } as const;

  it('hears whom the guest has sent to, at any port, and nobody else', () => {
    const rig = mapped(options);
    expect(receive(rig, '192.0.2.1:7')).toEqual(heard('192.0.2.1', 7));
    expect(receive(rig, '192.0.2.1:4000')).toEqual(heard('192.0.2.1', 4000));
    expect(receive(rig, '192.0.2.2:7')).toEqual([]);
    expect(rig.count('UDP_FILTERED')).toBe(1);
    rig.send(udp(GUEST, '192.0.2.2:9'));
    expect(receive(rig, '192.0.2.2:7')).toEqual(heard('192.0.2.2', 7));
    expect([rig.host.udpSockets.length, rig.count('UDP_FILTERED')]).toEqual([1, 1]);
  });

  it('each port of the guest for itself', () => {
    const rig = mapped(options);
    rig.send(udp('10.0.2.15:1001', '192.0.2.9:7'));
    expect(receive(rig, '192.0.2.9:7')).toEqual([]);
  });

  it('whoever is not heard keeps nothing alive (REQ-6)', () => {
    const rig = mapped(options);
    rig.after(200_000);
    receive(rig, '192.0.2.2:7');
    rig.after(40_000);
    expect(rig.count('udpFlows')).toBe(0);
  });

  it('the host is heard as the gateway', () => {
    const rig = new Rig(options);
    rig.send(udp(GUEST, '10.0.2.2:7'));
    expect(receive(rig, '127.0.0.1:8')).toEqual(heard('10.0.2.2', 8));
    expect(receive(rig, '192.0.2.1:8')).toEqual([]);
  });

  it('remembers 64, and the one that was sent to longest ago is forgotten', () => {
    const rig = mapped(options);
    for (let i = 2; i < 65; i++) rig.send(udp(GUEST, `192.0.2.${i}:7`));
    rig.send(udp(GUEST, '192.0.2.1:7'));
    rig.send(udp(GUEST, '198.51.100.1:7'));
    expect(receive(rig, '192.0.2.1:7')).toHaveLength(1);
    expect(receive(rig, '192.0.2.2:7')).toEqual([]);
    expect(receive(rig, '192.0.2.3:7')).toHaveLength(1);
  });
});

it('address-and-port-dependent: hears only the port as well', () => {
  const rig = mapped({ udpFiltering: 'address-and-port-dependent' });
  rig.send(udp(GUEST, '192.0.2.2:9'));
  expect(receive(rig, '192.0.2.1:7')).toEqual(heard('192.0.2.1', 7));
  expect(receive(rig, '192.0.2.1:9')).toEqual([]);
  expect(receive(rig, '192.0.2.2:9')).toEqual(heard('192.0.2.2', 9));
  expect([rig.host.udpSockets.length, rig.count('UDP_FILTERED')]).toEqual([1, 1]);
});

describe('symmetric', () => {
  const options = { udpFiltering: 'symmetric' } as const;

  it('has a socket for each remote, at which only that one is heard', () => {
    const rig = mapped(options);
    rig.send(udp(GUEST, '192.0.2.1:8', 'second'));
    rig.send(udp(GUEST, '192.0.2.1:7', 'third'));
    expect(rig.host.udpSockets.map(({ sent }) => sent)).toEqual([
      ['192.0.2.1:7 ttl 63 hello', '192.0.2.1:7 ttl 63 third'],
      ['192.0.2.1:8 ttl 63 second'],
    ]);
    expect(receive(rig, '192.0.2.1:8', 0)).toEqual([]);
    expect(receive(rig, '192.0.2.1:8', 1)).toEqual(heard('192.0.2.1', 8));
    expect([rig.count('udpFlows'), rig.count('UDP_FILTERED')]).toEqual([2, 1]);
  });

  it('the cap counts each', () => {
    const rig = mapped({ ...options, limits: { udpFlows: 2 } });
    for (const port of [8, 9]) rig.send(udp(GUEST, `192.0.2.1:${port}`));
    expect(rig.host.udpSockets.map(({ closed }) => closed)).toEqual([true, false, false]);
    rig.after(240_000);
    expect([rig.count('udpFlows'), rig.stack.deadline()]).toEqual([0, Infinity]);
  });
});

it('what is none of them is no configuration', () => {
  expect(() => new Rig({ udpFiltering: 'full-cone' as 'symmetric' })).toThrow(
    "udpFiltering: 'full-cone' is not one of",
  );
});
