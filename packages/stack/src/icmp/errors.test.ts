import { describe, expect, it } from 'vitest';
import { endpoint, fragment, icmp, packet, Rig, udp } from '../../test/rig.ts';
import { Refusal } from '../host.ts';
import { settings } from '../settings.ts';
import { Icmp4Errors } from './errors.ts';
import { TokenBucket } from './token-bucket.ts';

/** Port 80 of the nameserver has nobody: an unreachable for every datagram. */
const NOWHERE = '10.0.2.77:80';

describe('RFC 1812 5.2.7.1: the codes', () => {
  it.each<[keyof typeof Refusal, number, string]>([
    ['REFUSED', 3, '192.0.2.1'],
    ['RESET', 3, '192.0.2.1'],
    ['HOST_UNREACHABLE', 1, '10.0.2.2'],
    ['TIMED_OUT', 1, '10.0.2.2'],
    ['EXHAUSTED', 1, '10.0.2.2'],
    ['NETWORK_UNREACHABLE', 0, '10.0.2.2'],
    ['DENIED', 13, '10.0.2.2'],
  ])('%s is code %i, said by %s', (why, code, by) => {
    const rig = new Rig();
    rig.send(udp('10.0.2.15:1000', '192.0.2.1:7'));
    rig.host.udpSockets[0]!.events.undeliverable(endpoint('192.0.2.1:7'), Refusal[why], null, rig.now);
    expect(rig.heard()).toEqual([`${by} > 10.0.2.15 icmp unreachable ${code} about 10.0.2.15 > 192.0.2.1 (28)`]);
  });

  it('about loopback speak of the gateway, as the guest knows it', () => {
    const rig = new Rig();
    rig.send(udp('10.0.2.15:1000', '10.0.2.2:7'));
    rig.host.udpSockets[0]!.events.undeliverable(endpoint('127.0.0.1:7'), Refusal.REFUSED, null, rig.now);
    const [frame] = rig.frames();
    expect([...frame!.bytes.subarray(-8)]).toEqual([0x03, 0xe8, 0, 7, 0, 8, 0, 0]);
    expect(rig.link.sent).toHaveLength(1);
  });
});

describe('RFC 1812 4.3.2.3: quoted is what fits into 576 bytes', () => {
  it.each([
    [0, 28],
    [100, 128],
    [520, 548],
    [1400, 548],
  ])('a datagram of %i bytes: %i', (size, quoted) => {
    const rig = new Rig();
    rig.send(udp('10.0.2.15:1000', NOWHERE, new Uint8Array(size)));
    expect(rig.heard()).toEqual([expect.stringContaining(`(${quoted})`)]);
  });

  it('and never more than one packet of this network', () => {
    const rig = new Rig({ mtu: 100 });
    rig.send(udp('10.0.2.15:1000', NOWHERE, new Uint8Array(1400)));
    expect(rig.heard()).toEqual([expect.stringContaining('(72)')]);
  });
});

describe('RFC 1122 3.2.2: no error about', () => {
  it.each([
    ['an ICMP error', icmp(3, new Uint8Array(28), { to: '192.0.2.1', ttl: 1 }), 'IP4_HOPS'],
    ['a later fragment', fragment(new Uint8Array(64), 32, 64, { to: '192.0.2.1', ttl: 1 }), 'IP4_HOPS'],
    ['a group', udp('10.0.2.15:1000', '239.1.2.3:9', 'x', { ttl: 1 }), 'IP4_HOPS'],
    ['less than eight bytes behind its header', packet(new Uint8Array(7), { protocol: 132 }), 'IP4_PROTOCOL'],
  ])('%s', (_what, frame, why) => {
    const rig = new Rig();
    expect(rig.send(frame)).toBe(why);
    expect(rig.heard()).toEqual([]);
  });
});

it.each([
  ['to a group', '10.0.2.15', '224.0.0.251'],
  ['to everyone', '10.0.2.15', '255.255.255.255'],
  ['to the host’s loopback', '10.0.2.15', '127.0.0.1'],
  ['from outside', '192.0.2.1', '192.0.2.9'],
  ['from us', '10.0.2.2', '192.0.2.9'],
  ['from nobody', '0.0.0.0', '192.0.2.9'],
])('RFC 1122 3.2.2: nor about a packet %s, whoever asks for it', (_what, from, to) => {
  const said: string[] = [];
  const send = (): boolean => said.push('error') > 0;
  const errors = new Icmp4Errors(settings({ network: '10.0.2.0/24' }, 1500).network, { send });
  const quote = packet(new Uint8Array(8), { from: '10.0.2.15', to: '192.0.2.9' }).subarray(14);
  errors.unreachable(quote, 0, quote.length, Refusal.REFUSED, 0);
  expect(said).toEqual(['error']);
  const wrong = packet(new Uint8Array(8), { from, to }).subarray(14);
  errors.unreachable(wrong, 0, wrong.length, Refusal.REFUSED, 0);
  errors.unreachable(quote, 0, 19, Refusal.REFUSED, 0);
  expect(said).toEqual(['error']);
});

describe('RFC 1812 4.3.2.8: the rate', () => {
  it('is 50 at once, 200 a second, and what is kept back is counted', () => {
    const rig = new Rig();
    for (let i = 0; i < 60; i++) rig.send(udp('10.0.2.15:1000', NOWHERE));
    expect(rig.heard()).toHaveLength(50);
    expect([rig.count('icmpErrors'), rig.count('icmpErrorsSuppressed')]).toEqual([50, 10]);
    rig.after(100);
    for (let i = 0; i < 60; i++) rig.send(udp('10.0.2.15:1000', NOWHERE));
    expect(rig.heard()).toHaveLength(20);
  });

  it('fills up to its burst, and a clock that steps back fills nothing', () => {
    const bucket = new TokenBucket(10, 2);
    const taken = [1e6, 1e6, 1e6, 0, 1e6 + 99, 1e6 + 100, 1e6 + 100].map((now) => bucket.take(now));
    expect(taken).toEqual([true, true, false, false, false, true, false]);
  });
});
