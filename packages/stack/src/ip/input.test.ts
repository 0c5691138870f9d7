import * as Ipv4 from '@reslirp/wire/ipv4';
import { describe, expect, it } from 'vitest';
import { datagram, EVERYONE_MAC, ether, type Ip4, icmp, packet, Rig, text, udp } from '../../test/rig.ts';

function changed(frame: Uint8Array, at: number, value: number): Uint8Array {
  const b = frame.slice();
  b[14 + at] = value;
  return b;
}

describe('RFC 791 3.1: the header', () => {
  it.each([
    ['another version', changed(udp('10.0.2.15:1', '192.0.2.1:7'), 0, 0x65), 'IP4_MALFORMED'],
    ['a header of 16 bytes', changed(udp('10.0.2.15:1', '192.0.2.1:7'), 0, 0x44), 'IP4_MALFORMED'],
    ['more bytes than there are', changed(udp('10.0.2.15:1', '192.0.2.1:7'), 3, 200), 'IP4_MALFORMED'],
    ['a wrong checksum', changed(udp('10.0.2.15:1', '192.0.2.1:7'), 8, 9), 'IP4_CHECKSUM'],
    ['nothing at all', ether(new Uint8Array(0)), 'IP4_MALFORMED'],
  ])('%s', (_what, frame, why) => {
    const rig = new Rig();
    expect(rig.send(frame)).toBe(why);
    expect(rig.stack.stats()[why]).toBe(1);
    expect(rig.heard()).toEqual([]);
  });

  it('its checksum is verified on trusted frames too: that trust is about the transport', () => {
    expect(new Rig().send(changed(udp('10.0.2.15:1', '192.0.2.1:7'), 8, 9), true)).toBe('IP4_CHECKSUM');
  });

  it('options are stepped over', () => {
    const plain = udp('10.0.2.15:1000', '192.0.2.1:7');
    const b = new Uint8Array(plain.length + 8).fill(1); // eight NOPs
    b.set(plain.subarray(0, 34));
    b.set(plain.subarray(34), 42);
    Ipv4.emit(b, 14, b.length - 14, Ipv4.src(b, 14), Ipv4.dst(b, 14), 17, 64, 0, 1, 0);
    b[14] = 0x47;
    b[14 + 10] = 0;
    b[14 + 11] = 0;
    let s = 0;
    for (let i = 14; i < 42; i += 2) s += (b[i]! << 8) | b[i + 1]!;
    s = ~((s & 0xffff) + (s >>> 16)) & 0xffff;
    b[14 + 10] = s >>> 8;
    b[14 + 11] = s;
    const rig = new Rig();
    expect(rig.send(b)).toBe('NO');
    expect(rig.host.udpSockets[0]!.sent).toEqual(['192.0.2.1:7 ttl 63 hello']);
  });

  it('padding behind the packet is no part of it', () => {
    const rig = new Rig();
    const frame = new Uint8Array(60).fill(0xaa);
    frame.set(udp('10.0.2.15:1000', '192.0.2.1:7', 'x'));
    expect(rig.send(frame)).toBe('NO');
    expect(rig.host.udpSockets[0]!.sent).toEqual(['192.0.2.1:7 ttl 63 x']);
  });
});

describe('RFC 1122 3.2.1.3: the source', () => {
  it.each([
    '192.0.2.9',
    '10.0.2.2',
    '10.0.2.3',
    '10.0.2.255',
    '10.0.2.0',
    '127.0.0.1',
    '255.255.255.255',
    '224.0.0.1',
    '0.0.0.0',
  ])('is not %s', (from) => {
    const rig = new Rig();
    expect(rig.send(udp(`${from}:1000`, '192.0.2.1:7'))).toBe('IP4_SOURCE');
    expect(rig.host.udpSockets).toHaveLength(0);
    expect(rig.heard()).toEqual([]);
  });

  it('0.0.0.0 only shouts datagrams: DHCP', () => {
    const everyone: Ip4 = { from: '0.0.0.0', to: '255.255.255.255', dst: EVERYONE_MAC };
    expect(new Rig().send(udp('0.0.0.0:68', '255.255.255.255:67', 'x', everyone))).toBe('GROUP_UNHEARD'); // no service
    expect(new Rig().send(icmp(8, 'x', everyone))).toBe('IP4_SOURCE');
    expect(new Rig().send(udp('0.0.0.0:68', '10.0.2.2:67'))).toBe('IP4_SOURCE');
  });
});

describe('the destination', () => {
  it.each(['127.0.0.1', '0.0.0.0', '0.1.2.3', '240.0.0.1', '10.0.2.0'])('RFC 1812 5.3.7: %s goes nowhere', (to) => {
    const rig = new Rig();
    expect(rig.send(udp('10.0.2.15:1000', `${to}:53`))).toBe('IP4_DESTINATION');
    expect(rig.host.udpSockets).toHaveLength(0);
    expect(rig.heard()).toEqual([]);
  });

  it.each(['255.255.255.255', '10.0.2.255'])('RFC 1122 3.2.2.6, 4.2.3.10: %s gets no echo and no connection', (to) => {
    const rig = new Rig();
    expect(rig.send(icmp(8, 'x', { to }))).toBe('IP4_DESTINATION');
    expect(rig.send(packet(new Uint8Array(20), { to, protocol: 6 }))).toBe('IP4_DESTINATION');
    expect(rig.heard()).toEqual([]);
  });

  it('RFC 1122 3.3.6: one host is meant, and everyone was told', () => {
    expect(new Rig().send(icmp(8, 'x', { dst: EVERYONE_MAC }))).toBe('IP4_DESTINATION');
  });
});

describe('RFC 1812 5.3.1: hops', () => {
  it.each([0, 1])('TTL %i ends here on its way out, and the guest hears of it from the gateway', (ttl) => {
    const rig = new Rig();
    expect(rig.send(udp('10.0.2.15:1000', '192.0.2.1:7', 'x', { ttl }))).toBe('IP4_HOPS');
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.15 icmp exceeded 0 about 10.0.2.15 > 192.0.2.1 (29)']);
    expect(rig.host.udpSockets).toHaveLength(0);
  });

  it('what goes on has one less', () => {
    const rig = new Rig();
    rig.send(udp('10.0.2.15:1000', '192.0.2.1:7', 'x', { ttl: 2 }));
    expect(rig.host.udpSockets[0]!.sent).toEqual(['192.0.2.1:7 ttl 1 x']);
  });

  it('RFC 1122 3.2.1.7: what is for us is taken whatever its TTL', () => {
    const rig = new Rig();
    expect(rig.send(icmp(8, 'x', { ttl: 0 }))).toBe('NO');
    expect(rig.send(udp('10.0.2.15:1000', '10.0.2.2:7', 'x', { ttl: 1 }))).toBe('NO');
    expect(rig.host.udpSockets[0]!.sent).toEqual(['127.0.0.1:7 ttl 1 x']);
  });
});

it.each([
  ['10.0.2.2', '10.0.2.2'],
  ['192.0.2.1', '10.0.2.2'],
])('RFC 1122 3.2.2.1: another protocol to %s is unreachable', (to, by) => {
  const rig = new Rig();
  expect(rig.send(packet(text('12345678'), { to, protocol: 132 }))).toBe('IP4_PROTOCOL');
  expect(rig.heard()).toEqual([`${by} > 10.0.2.15 icmp unreachable 2 about 10.0.2.15 > ${to} (28)`]);
});

describe('RFC 768', () => {
  it('a wrong checksum is dropped, unless the frame is trusted', () => {
    const wrong = datagram('10.0.2.15:1000', '192.0.2.1:7', text('hello'));
    wrong[7] = (wrong[7]! + 1) & 0xff;
    const rig = new Rig();
    expect(rig.send(packet(wrong, { to: '192.0.2.1' }))).toBe('UDP_CHECKSUM');
    expect(rig.send(packet(wrong, { to: '192.0.2.1' }), true)).toBe('NO');
  });

  it('no checksum is taken', () => {
    const bare = datagram('10.0.2.15:1000', '192.0.2.1:7', text('hello'));
    bare[6] = bare[7] = 0;
    expect(new Rig().send(packet(bare, { to: '192.0.2.1' }))).toBe('NO');
  });

  it('may be shorter than what IP carries, and its sum covers its own length', () => {
    const inner = datagram('10.0.2.15:1000', '192.0.2.1:7', text('hello'));
    const outer = new Uint8Array(inner.length + 5).fill(0x55);
    outer.set(inner);
    const rig = new Rig();
    expect(rig.send(packet(outer, { to: '192.0.2.1' }))).toBe('NO');
    expect(rig.host.udpSockets[0]!.sent).toEqual(['192.0.2.1:7 ttl 63 hello']);
  });

  it.each([
    ['longer than its packet', [0, 99]],
    ['shorter than its header', [0, 7]],
  ])('%s', (_what, length) => {
    const b = datagram('10.0.2.15:1000', '192.0.2.1:7', text('hello'));
    b.set(length, 4);
    expect(new Rig().send(packet(b, { to: '192.0.2.1' }))).toBe('UDP_MALFORMED');
  });

  it('port 0 is nobody', () => {
    expect(new Rig().send(udp('10.0.2.15:1000', '192.0.2.1:0'))).toBe('UDP_MALFORMED');
  });
});
