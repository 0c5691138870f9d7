import { describe, expect, it } from 'vitest';
import { Rig } from '../../test/rig.ts';
import {
  datagram6,
  extension,
  fragment6,
  GATEWAY,
  GUEST,
  GUEST_LINK,
  icmp6,
  introduce,
  packet6,
  rig6,
  tcp6,
  udp6,
} from '../../test/rig6.ts';

const OUT = '2001:db8::1';
const DESTINATION = 60;
const HOP_BY_HOP = 0;
const ROUTING = 43;

function sent(rig: Rig): string[] {
  return rig.host.udpSockets.flatMap((socket) => socket.sent);
}

describe('RFC 8200 3', () => {
  it('a datagram leaves, with one hop less', () => {
    const rig = rig6();
    expect(rig.send(udp6(OUT, 7))).toBe('NO');
    expect(sent(rig)).toEqual(['[2001:db8::1]:7 ttl 63 hello']);
  });

  it('one for the gateway goes to the host’s loopback', () => {
    const rig = rig6();
    rig.send(udp6(GATEWAY, 7));
    expect(sent(rig)).toEqual(['[::1]:7 ttl 64 hello']);
  });

  it.each<[string, Uint8Array, string]>([
    ['shorter than its header', udp6(OUT, 7).subarray(0, 50), 'IP6_MALFORMED'],
    ['shorter than it says', udp6(OUT, 7).subarray(0, 60), 'IP6_MALFORMED'],
    ['from outside', udp6(OUT, 7, 'x', { from: '2001:db8::9' }), 'IP6_SOURCE'],
    ['from us', udp6(OUT, 7, 'x', { from: GATEWAY }), 'IP6_SOURCE'],
    ['from a group', udp6(OUT, 7, 'x', { from: 'ff02::1' }), 'IP6_SOURCE'],
    ['from nobody', udp6(OUT, 7, 'x', { from: '::' }), 'IP6_SOURCE'],
    ['from nobody to everybody', udp6('ff02::1', 7, 'x', { from: '::' }), 'IP6_SOURCE'],
    ['to nobody', udp6('::', 7), 'IP6_DESTINATION'],
    ['to the host’s loopback by its own name', udp6('::1', 7), 'IP6_DESTINATION'],
    ['to an IPv4 address in disguise', udp6('::ffff:192.0.2.1', 7), 'IP6_DESTINATION'],
    ['to the prefix', udp6('fd00::', 7), 'IP6_DESTINATION'],
    ['TCP to everybody', packet6(new Uint8Array(20), { to: 'ff02::1', next: 6 }), 'IP6_DESTINATION'],
    ['to one, by a frame to all', udp6(OUT, 7, 'x', { dst: new Uint8Array(6).fill(255) }), 'IP6_DESTINATION'],
  ])('%s: dropped in silence', (_what, frame, why) => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(frame)).toBe(why);
    expect(rig.heard()).toEqual([]);
    expect(sent(rig)).toEqual([]);
  });

  it('is not spoken where there is none', () => {
    expect(new Rig().send(udp6(OUT, 7))).toBe('ETHER_TYPE');
  });

  it('alone: IPv4 is not spoken then, nor ARP', () => {
    const rig = rig6({ ipv4: false });
    rig.send(udp6(OUT, 7));
    expect(sent(rig)).toHaveLength(1);
  });

  it('a hop limit that ends here is told', () => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(udp6(OUT, 7, 'x', { hops: 1 }))).toBe('IP6_HOPS');
    expect(rig.heard()).toEqual([`${GATEWAY} > ${GUEST} exceeded 0 rest 0 about ${GUEST} > ${OUT} (49)`]);
  });

  it('a link-local source has no way out (RFC 4443 3.1)', () => {
    const rig = rig6();
    introduce(rig, GUEST_LINK);
    expect(rig.send(udp6(OUT, 7, 'x', { from: GUEST_LINK }))).toBe('IP6_SOURCE');
    expect(rig.heard()).toEqual([`fe80::2 > ${GUEST_LINK} unreachable 2 rest 0 about ${GUEST_LINK} > ${OUT} (49)`]);
  });

  it('a protocol that is not known is told, with a pointer to its number (RFC 8200 4)', () => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(packet6(new Uint8Array(8), { to: OUT, next: 132 }))).toBe('IP6_PROTOCOL');
    expect(rig.heard()).toEqual([`${GATEWAY} > ${GUEST} problem 1 rest 6 about ${GUEST} > ${OUT} (48)`]);
    expect(rig.send(packet6(new Uint8Array(0), { to: OUT, next: 59 }))).toBe('IP6_PROTOCOL');
    expect(rig.heard()).toEqual([]);
  });

  it('UDP without a checksum is dropped (8.1)', () => {
    const frame = udp6(OUT, 7);
    frame.fill(0, 14 + 40 + 6, 14 + 40 + 8);
    expect(rig6().send(frame)).toBe('UDP_CHECKSUM');
  });
});

describe('RFC 8200 4: extension headers', () => {
  const inner = datagram6(GUEST, OUT, 7, 'hello');

  it('are stepped over', () => {
    const rig = rig6();
    const options = extension(17, [1, 4, 0, 0, 0, 0], inner);
    const both = extension(DESTINATION, [1, 4, 0, 0, 0, 0], options);
    expect(rig.send(packet6(both, { to: OUT, next: HOP_BY_HOP }))).toBe('NO');
    expect(sent(rig)).toEqual(['[2001:db8::1]:7 ttl 63 hello']);
  });

  it.each<[string, number, readonly number[], string | null]>([
    ['an option to be silent about', DESTINATION, [0x5e, 4, 0, 0, 0, 0], null],
    ['an option to be told about', DESTINATION, [0x9e, 4, 0, 0, 0, 0], 'problem 2 rest 42'],
    ['a source route', ROUTING, [0, 1, 0, 0, 0, 0], 'problem 0 rest 42'],
  ])('%s', (_what, next, body, told) => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(packet6(extension(17, body, inner), { to: OUT, next }))).toBe('IP6_MALFORMED');
    expect(rig.heard()).toEqual(told === null ? [] : [expect.stringContaining(told)]);
  });

  it('hop-by-hop options elsewhere than first are told (4.1)', () => {
    const rig = rig6();
    introduce(rig);
    const late = extension(HOP_BY_HOP, [1, 4, 0, 0, 0, 0], extension(17, [1, 4, 0, 0, 0, 0], inner));
    expect(rig.send(packet6(late, { to: OUT, next: DESTINATION }))).toBe('IP6_MALFORMED');
    expect(rig.heard()).toEqual([expect.stringContaining('problem 1 rest 40')]);
  });
});

describe('RFC 8200 4.5: fragments', () => {
  const payload = new Uint8Array(3_000).map((_, i) => i * 7);
  const inner = datagram6(GUEST, OUT, 7, payload);
  const [a, b, c] = [0, 1_200, 2_400].map((at) => fragment6(inner, at, at + 1_200, { to: OUT }));

  it.each([
    ['in order', [a, b, c]],
    ['backwards', [c, b, a]],
    ['some twice', [b, b, a, a, c]],
  ])('become whole again: %s', (_how, frames) => {
    const rig = rig6();
    for (const frame of frames) expect(rig.send(frame!)).toBe('NO');
    expect(sent(rig)).toEqual(['[2001:db8::1]:7 ttl 63 3000 bytes']);
    expect(rig.count('reassemblies')).toBe(0);
  });

  it('an atomic one is a whole packet (RFC 6946), whatever waits under its number', () => {
    const rig = rig6();
    rig.send(a!);
    const atomic = datagram6(GUEST, OUT, 7, 'atom');
    expect(rig.send(fragment6(atomic, 0, 2_000, { to: OUT }))).toBe('NO');
    expect(sent(rig)).toEqual(['[2001:db8::1]:7 ttl 63 atom']);
  });

  it('that overlap are given up, and all that follows (RFC 5722)', () => {
    const rig = rig6();
    rig.send(a!);
    expect(rig.send(fragment6(inner, 1_192, 2_400, { to: OUT }))).toBe('FRAGMENT_OVERLAP');
    expect(rig.send(b!)).toBe('FRAGMENT_OVERLAP');
    expect(rig.send(c!)).toBe('FRAGMENT_OVERLAP');
    expect(sent(rig)).toEqual([]);
  });

  it('of a size that is no multiple of eight, or that reach too far, are told', () => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(fragment6(inner, 0, 1_001, { to: OUT }))).toBe('FRAGMENT_MALFORMED');
    expect(rig.heard()).toEqual([expect.stringContaining('problem 0 rest 4')]);
    const far = fragment6(new Uint8Array(65_528 + 16), 65_528, 70_000, { to: OUT });
    expect(rig.send(far)).toBe('FRAGMENT_MALFORMED');
    expect(rig.heard()).toEqual([expect.stringContaining('problem 0 rest 42')]);
  });

  it('that stay alone for 60 s are told about when the first is there', () => {
    const rig = rig6();
    introduce(rig);
    rig.send(a!);
    rig.after(59_999);
    expect(rig.count('reassemblies')).toBe(1);
    rig.after(1);
    expect(rig.heard().at(-1)).toContain('exceeded 1 rest 0 about');
    expect([rig.count('reassemblies'), rig.count('reassemblyBytes')]).toEqual([0, 0]);
  });

  it('with extension headers behind the fragment header are read when they are whole', () => {
    const rig = rig6();
    const options = extension(17, [1, 4, 0, 0, 0, 0], inner);
    for (const at of [0, 1_200, 2_400]) rig.send(fragment6(options, at, at + 1_200, { to: OUT, next: DESTINATION }));
    expect(sent(rig)).toEqual(['[2001:db8::1]:7 ttl 63 3000 bytes']);
  });
});

describe('to the guest', () => {
  it('datagrams larger than the MTU are cut, each piece with a header of its own', () => {
    const rig = rig6();
    introduce(rig);
    rig.send(icmp6(128, new Uint8Array(1_452)));
    expect(rig.heard()).toEqual([`${GATEWAY} > ${GUEST} icmp6 129 7/1 1452 bytes`]);
    const big = new Uint8Array(3_000);
    const inner = icmp6(128, big).subarray(14 + 40);
    for (const at of [0, 1_200, 2_400]) rig.send(fragment6(inner, at, at + 1_200, { next: 58 }));
    expect(rig.heard()).toEqual([
      `${GATEWAY} > ${GUEST} fragment 0-1448+`,
      `${GATEWAY} > ${GUEST} fragment 1448-2896+`,
      `${GATEWAY} > ${GUEST} fragment 2896-3008`,
    ]);
  });

  it('TCP: a connection opens, and the MSS leaves room for the larger header', () => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(tcp6(OUT, 80, 2))).toBe('NO');
    expect(rig.host.dialled).toEqual(['[2001:db8::1]:80']);
    rig.host.tcpEvents[0]!.opened(rig.now);
    rig.stack.flush(rig.now);
    const [frame] = rig.frames();
    const options = frame!.bytes.subarray(14 + 40 + 20);
    expect([...options.subarray(0, 4)]).toEqual([2, 4, 1440 >> 8, 1440 & 255]);
  });
});
