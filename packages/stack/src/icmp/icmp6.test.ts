import { describe, expect, it } from 'vitest';
import { EchoingHost } from '../../test/rig.ts';
import { GATEWAY, GUEST, icmp6, introduce, packet6, rig6, tcp6, udp6 } from '../../test/rig6.ts';
import { Endpoint } from '../endpoint.ts';
import { Refusal } from '../host.ts';

const OUT = '2001:db8::1';
const ECHO = 128;

describe('RFC 4443 4: echo', () => {
  it.each([GATEWAY, 'fe80::2', 'fd00::3'])('to %s is answered with the same data', (to) => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(icmp6(ECHO, 'abcd', { to }))).toBe('NO');
    expect(rig.heard()).toEqual([`${to} > ${GUEST} icmp6 129 7/1 abcd`]);
  });

  it('to everybody is not', () => {
    expect(rig6().send(icmp6(ECHO, 'x', { to: 'ff02::1' }))).toBe('ICMP_UNANSWERED');
  });

  it('to the outside, of a host that has none, is prohibited', () => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(icmp6(ECHO, 'x', { to: OUT }))).toBe('ICMP_UNANSWERED');
    expect(rig.heard()).toEqual([`${GATEWAY} > ${GUEST} unreachable 1 rest 0 about ${GUEST} > ${OUT} (49)`]);
  });

  it('to the outside leaves through the host, and its answer comes back under its own name', () => {
    const rig = rig6();
    introduce(rig);
    const host = new EchoingHost();
    rig.host.echo = host.echo;
    expect(rig.send(icmp6(ECHO, 'x', { to: OUT, hops: 9 }))).toBe('NO');
    const [socket] = host.echoes;
    expect(socket!.sent).toEqual([`[${OUT}]:0 #1 ttl 8 tos 0 x`]);
    socket!.events.replied(Endpoint.parse(OUT)!, 1, Uint8Array.of(0x79), 0, 1, rig.now);
    expect(rig.heard()).toEqual([`${OUT} > ${GUEST} icmp6 129 7/1 y`]);
    const report = { by: Endpoint.parse('2001:db8::99')!, type: 3, code: 0, mtu: 0 };
    socket!.events.undeliverable(Endpoint.parse(OUT)!, 1, Refusal.HOST_UNREACHABLE, report, rig.now);
    expect(rig.heard()).toEqual([`2001:db8::99 > ${GUEST} exceeded 0 rest 0 about ${GUEST} > ${OUT} (48)`]);
  });
});

describe('errors', () => {
  it.each([
    [Refusal.HOST_UNREACHABLE, 3],
    [Refusal.NETWORK_UNREACHABLE, 0],
    [Refusal.DENIED, 1],
  ])('a connect that fails with %i is unreachable %i', (why, code) => {
    const rig = rig6();
    introduce(rig);
    rig.send(tcp6(OUT, 80, 2));
    rig.host.tcpEvents[0]!.refused(why, rig.now);
    rig.stack.flush(rig.now);
    expect(rig.heard()).toEqual([`${GATEWAY} > ${GUEST} unreachable ${code} rest 0 about ${GUEST} > ${OUT} (60)`]);
  });

  it('a datagram that nobody wants: port unreachable, said by its target', () => {
    const rig = rig6();
    introduce(rig);
    rig.send(udp6(OUT, 7));
    rig.host.udpSockets[0]!.events.undeliverable(Endpoint.parse(OUT, 7)!, Refusal.REFUSED, null, rig.now);
    expect(rig.heard()).toEqual([`${OUT} > ${GUEST} unreachable 4 rest 0 about ${GUEST} > ${OUT} (48)`]);
  });

  it('too big: with the MTU of the next hop, in the words of who said it', () => {
    const rig = rig6();
    introduce(rig);
    rig.send(udp6(OUT, 7));
    const report = { by: Endpoint.parse('2001:db8::99')!, type: 2, code: 0, mtu: 1_280 };
    rig.host.udpSockets[0]!.events.undeliverable(Endpoint.parse(OUT, 7)!, Refusal.HOST_UNREACHABLE, report, rig.now);
    expect(rig.heard()).toEqual([`2001:db8::99 > ${GUEST} too big 0 rest 1280 about ${GUEST} > ${OUT} (48)`]);
  });

  it('quote 1,232 bytes at most (RFC 4443 2.4 c)', () => {
    const rig = rig6();
    introduce(rig);
    rig.send(udp6(OUT, 7, new Uint8Array(1_400), { hops: 1 }));
    expect(rig.heard()).toEqual([expect.stringContaining('(1232)')]);
  });

  it.each<[string, Uint8Array]>([
    ['an error', icmp6(1, new Uint8Array(48), { to: OUT, hops: 1 })],
    ['a redirect', icmp6(137, new Uint8Array(48), { to: OUT, hops: 1 })],
    [
      'an error behind an extension header',
      packet6(Uint8Array.of(58, 0, 1, 4, 0, 0, 0, 0, 1, 0, 0, 0), { to: OUT, next: 60, hops: 1 }),
    ],
  ])('are not about %s (RFC 4443 2.4 e)', (_what, frame) => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(frame)).toBe('IP6_HOPS');
    expect(rig.heard()).toEqual([]);
  });

  it('are 50 at once, and 200 a second', () => {
    const rig = rig6();
    introduce(rig);
    for (let i = 0; i < 60; i++) rig.send(udp6(OUT, 7, 'x', { hops: 1 }));
    expect(rig.heard()).toHaveLength(50);
    expect([rig.count('icmpErrors'), rig.count('icmpErrorsSuppressed')]).toEqual([50, 10]);
  });

  it('of the guest are left alone', () => {
    const rig = rig6();
    expect(rig.send(icmp6(1, new Uint8Array(48)))).toBe('ICMP_UNANSWERED');
  });
});
