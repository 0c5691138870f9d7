// Datagrams to everybody and to groups: what leaves, and where it leads.
import { describe, expect, it } from 'vitest';
import { EVERYONE_MAC, endpoint, packet, Rig, type RigOptions, text, udp } from '../../test/rig.ts';
import { address6, GUEST_LINK, icmp6, rig6, udp6 } from '../../test/rig6.ts';
import { Endpoint } from '../endpoint.ts';
import { Refusal } from '../host.ts';

const GUEST = '10.0.2.15:1000';

function sent(rig: Rig): string[] {
  return rig.host.udpSockets.flatMap((socket) => socket.sent);
}

function receive(rig: Rig, from: Endpoint): void {
  const bytes = text('answer');
  rig.host.udpSockets[0]!.events.received(from, bytes, 0, bytes.length, rig.now);
}

describe.each(['255.255.255.255', '10.0.2.255'])('everybody, as %s', (everybody) => {
  const shout = (port: number = 5000, o: object = {}): Uint8Array =>
    udp(GUEST, `${everybody}:${port}`, 'anyone?', { dst: EVERYONE_MAC, ...o });

  it('is the host too, and the gateway answers', () => {
    const rig = new Rig();
    expect(rig.send(shout(5000, { ttl: 1 }))).toBe('NO');
    expect(sent(rig)).toEqual(['127.0.0.1:5000 ttl 1 anyone?']);
    receive(rig, endpoint('127.0.0.1:5000'));
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.15 udp 5000 > 1000 answer']);
  });

  it.each<[string, RigOptions, string]>([
    ['whose loopback is closed', { hostLoopback: false }, 'GROUP_UNHEARD'],
    ['of a restricted network', { restricted: true }, 'POLICY'],
  ])('… but not one %s, and nothing is said of that (RFC 1122 3.2.2)', (_which, options, why) => {
    const rig = new Rig(options);
    expect(rig.send(shout())).toBe(why);
    expect([rig.host.udpSockets.length, rig.heard(), rig.count(why)]).toEqual([0, [], 1]);
  });

  it('nothing is said where nobody listens on the host, until the gateway itself is asked', () => {
    const rig = new Rig();
    rig.send(shout());
    const { events } = rig.host.udpSockets[0]!;
    const refuse = (): void => events.undeliverable(endpoint('127.0.0.1:5000'), Refusal.REFUSED, null, rig.now);
    refuse();
    expect(rig.heard()).toEqual([]);
    rig.send(udp(GUEST, '10.0.2.2:5000'));
    refuse();
    expect(rig.heard()).toEqual([expect.stringContaining('icmp unreachable 3')]);
  });
});

describe('a group', () => {
  it('is sent to with one hop less, and whoever answers is heard', () => {
    const rig = new Rig();
    expect(rig.send(udp(GUEST, '239.255.255.250:1900', 'search', { ttl: 4 }))).toBe('NO');
    expect(rig.send(udp(GUEST, '224.0.0.251:5353', 'name', { ttl: 255 }))).toBe('NO');
    expect(sent(rig)).toEqual(['239.255.255.250:1900 ttl 3 search', '224.0.0.251:5353 ttl 254 name']);
    receive(rig, endpoint('192.0.2.7:1900'));
    expect(rig.heard()).toEqual(['192.0.2.7 > 10.0.2.15 udp 1900 > 1000 answer']);
  });

  it('on this cable alone stays there, and nothing is said of it', () => {
    const rig = new Rig();
    expect(rig.send(udp(GUEST, '239.255.255.250:1900', 'search', { ttl: 1 }))).toBe('IP4_HOPS');
    expect([rig.host.udpSockets.length, rig.heard()]).toEqual([0, []]);
  });

  it.each<[RigOptions, string]>([
    [{ restricted: true }, 'POLICY'],
    [{ rules: [{ action: 'deny', to: 'multicast' }] }, 'POLICY'],
    [{ rules: [{ action: 'deny', to: 'private' }] }, 'POLICY'],
  ])('is none of %j', (options, why) => {
    const rig = new Rig(options);
    expect(rig.send(udp(GUEST, '239.1.2.3:9'))).toBe(why);
    expect([rig.host.udpSockets.length, rig.heard()]).toEqual([0, []]);
  });

  it('nothing is said where the host has no way there', () => {
    const rig = new Rig();
    rig.send(udp(GUEST, '239.1.2.3:9'));
    const { events } = rig.host.udpSockets[0]!;
    events.undeliverable(endpoint('239.1.2.3:9'), Refusal.NETWORK_UNREACHABLE, null, rig.now);
    expect(rig.heard()).toEqual([]);
  });

  it('is for datagrams alone, and joining one brings nothing in', () => {
    const rig = new Rig();
    expect(rig.send(packet(new Uint8Array(20), { to: '239.1.2.3', protocol: 6 }))).toBe('IP4_DESTINATION');
    expect(rig.send(packet(new Uint8Array(8), { to: '224.0.0.22', protocol: 2, ttl: 1 }))).toBe('GROUP_MEMBERSHIP');
    expect(rig.heard()).toEqual([]);
  });
});

describe('IPv6', () => {
  it('everybody here is the host too', () => {
    const rig = rig6();
    expect(rig.send(udp6('ff02::1', 5000, 'anyone?', { hops: 1 }))).toBe('NO');
    expect(sent(rig)).toEqual(['[::1]:5000 ttl 1 anyone?']);
    receive(rig, Endpoint.parse('::1', 5000)!);
    expect(rig.heard()).toEqual(['fd00::2 > fd00::15 udp 5000 > 1000 answer']);
  });

  it.each<[string, object, string]>([
    ['ff02::fb', {}, 'NO'],
    ['ff02::fb', { from: GUEST_LINK }, 'NO'],
    ['ff05::2', {}, 'NO'],
    ['ff05::2', { from: GUEST_LINK }, 'IP6_SOURCE'],
    ['ff05::2', { hops: 1 }, 'IP6_HOPS'],
    ['ff01::2', {}, 'IP6_DESTINATION'],
    ['ff00::2', {}, 'IP6_DESTINATION'],
  ])('RFC 4291 2.7: a datagram to %s %j: %s', (to, o, why) => {
    const rig = rig6();
    expect(rig.send(udp6(to, 9, 'x', o))).toBe(why);
    expect(sent(rig)).toEqual(why === 'NO' ? [`[${to}]:9 ttl 63 x`] : []);
    expect(rig.heard()).toEqual([]);
  });

  it('reports of listeners are counted', () => {
    const record = Uint8Array.of(4, 0, 0, 0, ...address6('ff05::2'));
    const report = icmp6(143, record, { from: GUEST_LINK, to: 'ff02::16', hops: 1, rest: 1 });
    expect(rig6().send(report)).toBe('GROUP_MEMBERSHIP');
  });
});
