import { describe, expect, it } from 'vitest';
import { arp, endpoint, Rig, type RigOptions, text, udp } from '../../test/rig.ts';

const GUEST = '10.0.2.15:1000';

interface Told {
  readonly said: string[];
  readonly forward: { close(): void };
}

function forward(rig: Rig, guest: string = GUEST, host: string = '0.0.0.0:7000'): Told {
  const said: string[] = [];
  const forwarded = rig.stack.forward(
    { protocol: 'udp', host: endpoint(host), guest: endpoint(guest) },
    { bound: (at) => void said.push(`bound ${at}`), unbound: (why) => void said.push(`unbound ${why}`) },
  );
  return { said, forward: forwarded };
}

/** With a forward, and the guest known to ARP. */
function rigged(options: RigOptions = {}): Rig {
  const rig = new Rig(options);
  forward(rig);
  rig.send(arp());
  rig.heard();
  return rig;
}

function arrive(rig: Rig, from: string, what: string = 'hi', socket: number = 0): void {
  const bytes = text(what);
  rig.host.udpSockets[socket]!.events.received(endpoint(from), bytes, 0, bytes.length, rig.now);
}

describe('a forward of UDP', () => {
  it('asks the host for its port, and tells what it got', () => {
    const rig = new Rig();
    const { said } = forward(rig);
    rig.host.bound[0]!.events.bound(endpoint('0.0.0.0:7000'), rig.now);
    expect([rig.host.bound[0]!.at, said, rig.count('forwards')]).toEqual(['0.0.0.0:7000', ['bound 0.0.0.0:7000'], 1]);
  });

  it('is none when the host has not', () => {
    const rig = new Rig();
    const { said } = forward(rig);
    rig.host.bound[0]!.events.unbound(0, rig.now);
    expect([said, rig.count('forwards')]).toEqual([['unbound 0'], 0]);
  });

  it('brings datagrams to the guest, from where they are', () => {
    const rig = rigged();
    arrive(rig, '192.0.2.9:5000');
    expect(rig.heard()).toEqual(['192.0.2.9 > 10.0.2.15 udp 5000 > 1000 hi']);
  });

  it.each(['127.0.0.1:5000', '10.0.2.99:5000', '10.0.2.3:5000'])(
    '… and from the gateway where it could not answer: %s',
    (from) => {
      const rig = rigged();
      arrive(rig, from);
      expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.15 udp 5000 > 1000 hi']);
    },
  );

  it('answers leave through it, to this machine as well, whatever the rules say of that', () => {
    const rig = rigged({ hostLoopback: false });
    arrive(rig, '127.0.0.1:5000');
    arrive(rig, '192.0.2.9:6000');
    rig.send(udp(GUEST, '10.0.2.2:5000', 'one'));
    rig.send(udp(GUEST, '192.0.2.9:6000', 'two'));
    expect(rig.host.udpSockets.map(({ sent }) => sent)).toEqual([
      ['127.0.0.1:5000 ttl 64 one', '192.0.2.9:6000 ttl 63 two'],
    ]);
    rig.heard();
    rig.send(udp(GUEST, '10.0.2.2:5001', 'to nobody who has asked'));
    expect(rig.heard()).toEqual([expect.stringContaining('icmp unreachable 0')]);
  });

  it('what the guest begins from its port leaves through it too', () => {
    const rig = rigged();
    rig.send(udp(GUEST, '198.51.100.1:53', 'first'));
    rig.send(udp('10.0.2.15:1001', '198.51.100.1:53', 'other'));
    expect(rig.host.udpSockets.map(({ sent }) => sent)).toEqual([
      ['198.51.100.1:53 ttl 63 first'],
      ['198.51.100.1:53 ttl 63 other'],
    ]);
  });

  it('two clients that look the same to the guest are told apart', () => {
    const rig = rigged();
    arrive(rig, '127.0.0.1:5000', 'a');
    arrive(rig, '127.0.0.2:5000', 'b');
    const [, other] = rig.heard();
    const port = Number(/udp (\d+) >/.exec(other!)![1]);
    expect(port).toBeGreaterThanOrEqual(49_152);
    rig.send(udp(GUEST, `10.0.2.2:${port}`, 'for b'));
    expect(rig.host.udpSockets[0]!.sent).toEqual(['127.0.0.2:5000 ttl 64 for b']);
  });

  it('two forwards to one port answer each its own clients', () => {
    const rig = rigged();
    forward(rig, GUEST, '0.0.0.0:7001');
    arrive(rig, '192.0.2.9:5000', 'a', 0);
    arrive(rig, '192.0.2.8:5000', 'b', 1);
    rig.send(udp(GUEST, '192.0.2.8:5000', 'for b'));
    rig.send(udp(GUEST, '192.0.2.9:5000', 'for a'));
    expect(rig.host.udpSockets.map(({ sent }) => sent)).toEqual([
      ['192.0.2.9:5000 ttl 63 for a'],
      ['192.0.2.8:5000 ttl 63 for b'],
    ]);
  });

  it('remembers 256 clients, and those longest silent are forgotten', () => {
    const rig = rigged({ hostLoopback: false });
    for (let i = 0; i < 257; i++) arrive(rig, `127.0.0.1:${20_000 + i}`);
    rig.send(udp(GUEST, '10.0.2.2:20000', 'forgotten'));
    rig.send(udp(GUEST, '10.0.2.2:20001', 'known'));
    expect(rig.host.udpSockets[0]!.sent).toEqual(['127.0.0.1:20001 ttl 64 known']);
  });

  it('is closed, and the port is an ordinary one again', () => {
    const rig = new Rig();
    const { forward: it } = forward(rig);
    it.close();
    it.close();
    rig.send(udp(GUEST, '192.0.2.1:7'));
    expect([rig.host.udpSockets.map(({ closed }) => closed), rig.count('forwards')]).toEqual([[true, false], 0]);
  });

  it('ends with the stack', () => {
    const rig = rigged();
    rig.stack.close(rig.now);
    expect(rig.host.udpSockets[0]!.closed).toBe(true);
  });
});

describe('a guest that ARP does not know', () => {
  it('is asked for, and what came meanwhile follows in order', () => {
    const rig = new Rig();
    forward(rig);
    arrive(rig, '192.0.2.9:5000', 'one');
    arrive(rig, '192.0.2.9:5000', 'two');
    expect(rig.heard()).toEqual([expect.stringMatching(/arp .*10\.0\.2\.15/)]);
    rig.send(arp());
    expect(rig.heard().filter((line) => line.includes('udp'))).toEqual([
      '192.0.2.9 > 10.0.2.15 udp 5000 > 1000 one',
      '192.0.2.9 > 10.0.2.15 udp 5000 > 1000 two',
    ]);
  });

  it('nothing waits longer than a second, and 64 at most', () => {
    const rig = new Rig();
    forward(rig);
    arrive(rig, '192.0.2.9:5000', 'late');
    rig.after(1_001);
    for (let i = 0; i < 65; i++) arrive(rig, '192.0.2.9:5000', `n${i}`);
    rig.send(arp());
    const heard = rig.heard().filter((line) => line.includes('udp'));
    expect([heard.length, heard[0], rig.count('NEIGHBOUR_UNRESOLVED')]).toEqual([
      64,
      '192.0.2.9 > 10.0.2.15 udp 5000 > 1000 n1',
      2,
    ]);
  });
});

describe('what cannot be forwarded to', () => {
  it.each(['10.0.2.2:80', '10.0.2.3:80', '10.0.2.255:80', '192.0.2.1:80', '10.0.2.15:0'])('%s', (guest) => {
    expect(() => forward(new Rig(), guest)).toThrow(/^guest: '/);
  });

  it('more than 4,096 at once', () => {
    const rig = new Rig();
    for (let i = 0; i < 4_096; i++) forward(rig);
    expect(() => forward(rig)).toThrow('4096');
  });
});
