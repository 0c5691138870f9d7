import { Cut } from '@reslirp/link';
import { fold, pseudo4, sum } from '@reslirp/wire/checksum';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import * as Udp from '@reslirp/wire/udp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arp, endpoint, icmp, packet, Rig, type RigOptions, udp } from '../../test/rig.ts';

/** A guest with a mapping that has been answered with `size` bytes. */
function answered(size: number, options: RigOptions = {}): Rig {
  const rig = new Rig(options);
  rig.send(udp('10.0.2.15:1000', '192.0.2.1:7'));
  const bytes = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
  rig.host.udpSockets[0]!.events.received(endpoint('192.0.2.1:7'), bytes, 0, size, rig.now);
  return rig;
}

/** The IP payload of the fragments, put together; they must fit without a hole or an overlap. */
function joined(rig: Rig): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  const frames = rig.frames().map((f) => f.bytes);
  for (const [i, b] of frames.entries()) {
    expect(Ipv4.check(b, 14, b.length)).toBe(Ipv4.Malformed.NO);
    expect(Ipv4.fragmentOffset(b, 14)).toBe(at);
    expect(Ipv4.moreFragments(b, 14)).toBe(i < frames.length - 1);
    expect(Ipv4.id(b, 14)).toBe(Ipv4.id(frames[0]!, 14));
    parts.push(b.subarray(34));
    at += b.length - 34;
  }
  const whole = new Uint8Array(at);
  at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

describe('datagrams', () => {
  it('up to the MTU leave in one frame', () => {
    expect(answered(1472).heard()).toEqual(['192.0.2.1 > 10.0.2.15 udp 7 > 1000 1472 bytes']);
  });

  it('beyond it in fragments of a multiple of eight bytes, RFC 791 3.2', () => {
    expect(answered(3000).heard()).toEqual([
      '192.0.2.1 > 10.0.2.15 fragment 0-1480+',
      '192.0.2.1 > 10.0.2.15 fragment 1480-2960+',
      '192.0.2.1 > 10.0.2.15 fragment 2960-3008',
    ]);
  });

  it('of any length at any MTU are whole again, and no frame is larger than the MTU', () => {
    const mtus = fc.oneof(fc.integer({ min: 68, max: 1500 }), fc.integer({ min: 1500, max: 65_521 }));
    fc.assert(
      fc.property(fc.oneof(fc.nat(3000), fc.nat(65_507)), mtus, (size, mtu) => {
        const rig = answered(size, { linkMtu: 65_535, mtu });
        expect(rig.link.sent.every((f) => f.bytes.length <= mtu + 14)).toBe(true);
        const b = joined(rig);
        expect([Udp.check(b, 0, b.length), b.length]).toEqual([Udp.Malformed.NO, size + 8]);
        const pseudo = pseudo4(endpoint('192.0.2.1').ip4, endpoint('10.0.2.15').ip4, 17, b.length);
        expect(Udp.isUnsummed(b, 0) || fold(sum(b, 0, b.length, pseudo))).toBe(0xffff);
      }),
      { numRuns: 80 },
    );
  });

  it('that IP cannot carry are not sent', () => {
    expect(answered(65_508).heard()).toEqual([]);
  });

  it('have an identification of their own each, RFC 6864', () => {
    const rig = answered(10);
    for (const size of [10, 2000, 2000, 10]) {
      rig.host.udpSockets[0]!.events.received(endpoint('192.0.2.1:7'), new Uint8Array(size), 0, size, 0);
    }
    const ids = rig.frames().map((f) => Ipv4.id(f.bytes, 14));
    expect(ids.map((id) => (id - ids[0]!) & 0xffff)).toEqual([0, 1, 2, 2, 3, 3, 4]);
  });

  it('that find the link full are lost, and counted', () => {
    const rig = answered(10);
    rig.link.room = 2;
    rig.host.udpSockets[0]!.events.received(endpoint('192.0.2.1:7'), new Uint8Array(9000), 0, 9000, 0);
    expect([rig.count('LINK_FULL'), rig.link.sent.length]).toEqual([1, 3]);
  });

  it('whose checksum is zero say all ones, RFC 768', () => {
    const rig = answered(0);
    rig.frames();
    const zero = zeroSum();
    for (const v of [zero - 1, zero, zero + 1]) {
      const b = Uint8Array.of(v >>> 8, v & 0xff);
      rig.host.udpSockets[0]!.events.received(endpoint('192.0.2.1:7'), b, 0, 2, 0);
    }
    const fields = rig.frames().map((f) => (f.bytes[40]! << 8) | f.bytes[41]!);
    expect(fields).toEqual([1, 0xffff, 0xfffe]);
  });
});

/** The payload of two bytes that makes the sum of such a datagram all ones. */
function zeroSum(): number {
  const pseudo = pseudo4(endpoint('192.0.2.1').ip4, endpoint('10.0.2.15').ip4, 17, 10);
  const head = new Uint8Array(8);
  Udp.emit(head, 0, 7, 1000, 10, 0);
  return 0xffff - fold(sum(head, 0, 8, pseudo));
}

describe('a link that completes checksums', () => {
  const offload = { checksum: true, segmentation: 0, datagrams: 0 };

  it('gets whole datagrams with the pseudo-header sum', () => {
    const rig = answered(100, { offload });
    expect(rig.heard()).toEqual(['192.0.2.1 > 10.0.2.15 udp 7 > 1000 100 bytes']);
    expect(rig.link.sent[0]!.unfinished).toEqual({ sumFrom: 34, sumField: 6, cut: Cut.NO, mss: 0 });
  });

  it('gets fragments and ICMP finished', () => {
    const rig = answered(3000, { offload });
    rig.send(icmp(8));
    expect(rig.frames().map((f) => f.unfinished)).toEqual([null, null, null, null]);
    expect(rig.link.sent).toHaveLength(4);
  });
});

it('TCP says DF and needs no identification, RFC 6864 4.1', () => {
  const rig = new Rig();
  const syn = new Uint8Array(20);
  Tcp.emit(syn, 0, 1000, 80, 1, 0, 20, Tcp.Flag.ACK, 0);
  rig.send(packet(syn, { to: '192.0.2.1', protocol: 6 }), true);
  rig.stack.flush(rig.now);
  const reset = rig.frames()[0]!.bytes;
  expect([Ipv4.dontFragment(reset, 14), Ipv4.id(reset, 14), Ipv4.ttl(reset, 14)]).toEqual([true, 0, 64]);
  const pseudo = pseudo4(Ipv4.src(reset, 14), Ipv4.dst(reset, 14), 6, reset.length - 34);
  expect(Tcp.verify(reset, 34, reset.length, pseudo)).toBe(true);
});

it('everything comes from the MAC of the gateway', () => {
  const rig = answered(10);
  rig.send(icmp(8, 'x', { to: '10.0.2.3' }));
  rig.send(arp());
  const sources = rig.frames().map((f) => [...f.bytes.subarray(6, 12)].map((v) => v.toString(16)).join(':'));
  expect(new Set(sources)).toEqual(new Set(['52:55:a:0:2:2']));
});
