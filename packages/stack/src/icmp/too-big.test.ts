import * as Icmp4 from '@reslirp/wire/icmp4';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Ipv6 from '@reslirp/wire/ipv6';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { icmp, packet, Rig, tcp } from '../../test/rig.ts';
import { icmp6, introduce, packet6, rig6 } from '../../test/rig6.ts';
import { DropCounters } from '../drop.ts';
import type { Endpoint } from '../endpoint.ts';
import { blankPacket } from '../packet.ts';
import { TooBig } from './too-big.ts';

const REMOTE = '192.0.2.1';
const GUEST = '10.0.2.15';

/** What TCP hears of a message whose second word is `rest`, about a packet that claims to have `length` bytes. */
function heard(quote: Uint8Array, rest: number, to: string = REMOTE): [string[], Record<string, number>] {
  const said: string[] = [];
  const drops = new DropCounters();
  const tcpHears = (guest: unknown, remote: unknown, seq: number, mtu: number): 0 => {
    said.push(`${guest} ${remote} ${seq >>> 0} ${mtu}`);
    return 0;
  };
  const frame = icmp(3, quote, { to });
  const p = blankPacket();
  p.b = frame;
  p.at = 34;
  p.end = frame.length;
  Icmp4.emit(frame, p.at, p.end, 3, 4, rest);
  p.to.set4(Ipv4.dst(frame, 14), 0);
  new TooBig({ tooBig: tcpHears }, drops).input4(p, 0);
  return [said, drops.snapshot()];
}

/** An IP packet of TCP that quotes itself, and says that it is longer than it is. */
function quote(length: number = 1_500): Uint8Array {
  const b = tcp(`${REMOTE}:80`, `${GUEST}:40000`, 16, 77).slice(14);
  b[2] = length >>> 8;
  b[3] = length & 0xff;
  return b.subarray(0, 28);
}

describe('RFC 1191: fragmentation needed', () => {
  it('tells TCP of the segment that it quotes, and what it may have', () => {
    expect(heard(quote(), 1_000)).toEqual([[`${GUEST}:40000 ${REMOTE}:80 77 1000`], {}]);
  });

  it.each([
    [1_500, 1_492],
    [1_492, 1_006],
    [576, 508],
  ])('7: of a router that does not say, a packet of %i means %i', (length, mtu) => {
    expect(heard(quote(length), 0)[0]).toEqual([`${GUEST}:40000 ${REMOTE}:80 77 ${mtu}`]);
  });

  it('is not believed about a packet that would have fitted, or that came from elsewhere (RFC 5927)', () => {
    expect(heard(quote(), 1_500)).toEqual([[], { ICMP_UNBELIEVABLE: 1 }]);
    expect(heard(quote(), 1_000, '192.0.2.2')).toEqual([[], { ICMP_UNBELIEVABLE: 1 }]);
  });

  it('needs a quote that reaches the sequence number, of TCP', () => {
    expect(heard(quote().subarray(0, 27), 1_000)).toEqual([[], { ICMP_MALFORMED: 1 }]);
    const options = quote();
    options[0] = 0x4f;
    expect(heard(options, 1_000)).toEqual([[], { ICMP_MALFORMED: 1 }]);
    const datagram = packet(new Uint8Array(8), { from: REMOTE, to: GUEST }).subarray(14);
    expect(heard(datagram, 1)).toEqual([[], { ICMP_UNANSWERED: 1 }]);
  });

  it('of whatever bytes ends in TCP or in a counter', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), fc.nat(0xffff), (bytes, rest) => {
        const [said, drops] = heard(bytes, rest);
        expect(said.length + Object.values(drops).reduce((sum, n) => sum + n, 0)).toBe(1);
      }),
      { numRuns: 200 },
    );
  });

  it('reaches TCP, where nobody has such a flow', () => {
    const rig = new Rig();
    const frame = icmp(3, quote(), { to: REMOTE });
    Icmp4.emit(frame, 34, frame.length, 3, 4, 1_000);
    expect(rig.send(frame)).toBe('ICMP_UNBELIEVABLE');
    expect(rig.heard()).toEqual([]);
  });
});

describe('RFC 8201: packet too big', () => {
  const OUT = '2001:db8::1';
  const INNER = 'fd00::15';

  it('tells TCP of the segment that it quotes, and what it may have', () => {
    const about = packet6(tcp(`${REMOTE}:80`, `${GUEST}:40000`, 16, 77).subarray(34), {
      from: OUT,
      to: INNER,
      next: 6,
    });
    about[14 + 4] = 5; // 1,300 bytes and more
    const frame = icmp6(2, about.subarray(14), { to: OUT });
    const p = blankPacket();
    Object.assign(p, { b: frame, at: 54, end: frame.length });
    Icmp4.emit(frame, p.at, p.end, 2, 0, 1_280);
    p.to.set6(frame, 14 + Ipv6.DST, 0);
    const said: string[] = [];
    const tcpHears = (guest: Endpoint, remote: Endpoint, seq: number, mtu: number): 0 => {
      said.push(`${guest} ${remote} ${seq >>> 0} ${mtu}`);
      return 0;
    };
    new TooBig({ tooBig: tcpHears }, new DropCounters()).input6(p, 0);
    expect(said).toEqual([`[${INNER}]:40000 [${OUT}]:80 77 1280`]);
  });

  it('reaches TCP, where nobody has such a flow', () => {
    const rig = rig6();
    introduce(rig);
    const about = packet6(new Uint8Array(20), { from: OUT, to: INNER, next: 6 }).subarray(14);
    expect(rig.send(icmp6(2, about, { to: OUT }))).toBe('ICMP_UNBELIEVABLE');
  });

  it('needs a quote that reaches the sequence number, of TCP', () => {
    const rig = rig6();
    introduce(rig);
    expect(rig.send(icmp6(2, new Uint8Array(47), { to: OUT }))).toBe('ICMP_MALFORMED');
    const datagram = packet6(new Uint8Array(8), { from: OUT, to: INNER, next: 17 }).subarray(14);
    expect(rig.send(icmp6(2, datagram, { to: OUT }))).toBe('ICMP_UNANSWERED');
  });
});
