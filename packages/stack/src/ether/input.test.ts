import * as Vlan from '@reslirp/wire/vlan';
import { describe, expect, it } from 'vitest';
import { arp, EVERYONE_MAC, ether, GATEWAY_MAC, GUEST_MAC, icmp, Rig, udp } from '../../test/rig.ts';
import type { Service, ServiceNet } from '../service.ts';

const MULTICAST = Uint8Array.of(1, 0, 0x5e, 0, 0, 1);
const OTHER = Uint8Array.of(0x52, 0x54, 0, 1, 1, 1);

function tagged(frame: Uint8Array, vid: number, inner: number = 0x0800): Uint8Array {
  const b = new Uint8Array(frame.length + Vlan.HEADER);
  b.set(frame.subarray(0, 12));
  b.set([0x81, 0x00], 12);
  Vlan.emit(b, 14, 5, false, vid, inner);
  b.set(frame.subarray(14), 18);
  return b;
}

describe('IEEE 802.3: the destination', () => {
  it('is one of our two addresses', () => {
    const rig = new Rig();
    expect(rig.send(icmp(8))).toBe('NO');
    expect(rig.send(icmp(8, 'x', { to: '10.0.2.3', dst: Uint8Array.of(0x52, 0x55, 10, 0, 2, 3) }))).toBe('NO');
    expect(rig.heard()).toHaveLength(2);
  });

  it.each([
    ['another guest', OTHER],
    ['our address with another prefix', Uint8Array.of(0x52, 0x54, 10, 0, 2, 2)],
    ['our prefix with an address that is not ours', Uint8Array.of(0x52, 0x55, 10, 0, 2, 4)],
  ])('is not %s', (_what, dst) => {
    const rig = new Rig();
    expect(rig.send(icmp(8, 'x', { dst }))).toBe('ETHER_NOT_FOR_US');
    expect(rig.heard()).toEqual([]);
  });

  it('may be a group', () => {
    expect(new Rig().send(arp({ dst: EVERYONE_MAC }))).toBe('NO');
    expect(new Rig().send(arp({ dst: MULTICAST }))).toBe('NO');
  });
});

it.each([
  ['a group', MULTICAST],
  ['ourselves: a loop', GATEWAY_MAC],
])('IEEE 802.3: the source is not %s', (_what, src) => {
  expect(new Rig().send(icmp(8, 'x', { src }))).toBe('ETHER_SOURCE');
});

it.each([0x0600, 0x86dd, 0x88f8, 0x0040])('type %i is nobody here', (type) => {
  expect(new Rig().send(ether(new Uint8Array(46), { type }))).toBe('ETHER_TYPE');
});

it('a type of a service is its own, whoever sends', () => {
  const heard: number[][] = [];
  let net: ServiceNet;
  const service: Service = {
    name: 'echo',
    bindings: [],
    etherTypes: [0x88f8],
    egress: false,
    start: (given) => {
      net = given;
    },
    frame(b, at, end) {
      heard.push([at, end - at]);
      net.sendFrame(b, at, end);
    },
  };
  const rig = new Rig({ services: [service] });
  expect(rig.send(ether(new Uint8Array(46), { type: 0x88f8, src: EVERYONE_MAC, dst: EVERYONE_MAC }))).toBe('NO');
  expect(rig.send(ether(new Uint8Array(46), { type: 0x88f8, dst: OTHER }))).toBe('ETHER_NOT_FOR_US');
  expect(heard.map(([, size]) => size)).toEqual([60]);
  expect(rig.frames().map(({ bytes }) => bytes.length)).toEqual([60]);
});

it.each([0x0800, 0x0040, 0x1_0000])('type %i is none of a service', (type) => {
  const service: Service = { name: 'x', bindings: [], etherTypes: [type], egress: false, start() {}, frame() {} };
  expect(() => new Rig({ services: [service] })).toThrow('which are none of a service');
});

it('is shorter than its header', () => {
  expect(new Rig().send(new Uint8Array(13))).toBe('ETHER_SHORT');
});

describe('IEEE 802.1Q', () => {
  it('a tag that is a priority only is stepped over', () => {
    const rig = new Rig();
    expect(rig.send(tagged(udp('10.0.2.15:1000', '192.0.2.1:7'), 0))).toBe('NO');
    expect(rig.host.udpSockets[0]!.sent).toEqual(['192.0.2.1:7 ttl 63 hello']);
  });

  it('a frame of a VLAN is dropped, and one with two tags', () => {
    const rig = new Rig();
    expect(rig.send(tagged(icmp(8), 100))).toBe('ETHER_VLAN');
    expect(rig.send(tagged(tagged(icmp(8), 0), 0, 0x8100))).toBe('ETHER_VLAN');
    expect(rig.send(tagged(icmp(8), 0).subarray(0, 17))).toBe('ETHER_SHORT');
  });
});

it('counts what passes either way', () => {
  const rig = new Rig();
  rig.send(arp());
  const { framesIn, bytesIn, framesOut, bytesOut } = rig.stack.stats();
  expect([framesIn, bytesIn, framesOut, bytesOut]).toEqual([1, 42, 1, 42]);
  expect(rig.frames()[0]!.bytes.subarray(0, 6)).toEqual(GUEST_MAC);
});
