// Frames that a guest could send, most of them nearly right: random bytes would not come past the first check.

import { finish, pseudo4, sum } from '@reslirp/wire/checksum';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import fc from 'fast-check';
import {
  arp,
  datagram,
  EVERYONE_MAC,
  endpoint,
  ether,
  fragment,
  GATEWAY_MAC,
  GUEST_MAC,
  icmp,
  packet,
} from '../../../stack/test/rig.ts';
import {
  datagram6,
  extension,
  fragment6,
  GATEWAY,
  GATEWAY_LINK,
  GUEST,
  GUEST_LINK,
  icmp6,
  neighbour,
  packet6,
  solicited,
  tcp6,
} from '../../../stack/test/rig6.ts';
import { dhcp, dhcp6, dns, ncsi, tftp } from './services.ts';

export interface Sending {
  readonly frame: Uint8Array;
  readonly trusted: boolean;
}

type Frames = fc.Arbitrary<Uint8Array[]>;

const mac = fc.constantFrom(GUEST_MAC, GUEST_MAC, GATEWAY_MAC, EVERYONE_MAC, Uint8Array.of(2, 0, 0, 0, 0, 9));
const guest4 = fc.constantFrom('10.0.2.15', '10.0.2.15', '10.0.2.16', '0.0.0.0', '10.0.2.2', '192.0.2.9');
const to4 = fc.constantFrom(
  '10.0.2.2',
  '10.0.2.3',
  '192.0.2.1',
  '10.0.2.15',
  '255.255.255.255',
  '10.0.2.255',
  '224.0.0.1',
);
const guest6 = fc.constantFrom(GUEST, GUEST, GUEST_LINK, '::', 'fd00::16', GATEWAY);
const to6 = fc.constantFrom(
  GATEWAY,
  GATEWAY_LINK,
  'fd00::3',
  '2001:db8::1',
  'ff02::1',
  'ff02::2',
  'ff02::1:2',
  solicited(GATEWAY),
);
const port = fc.constantFrom(7, 53, 547, 67, 69, 68, 1_000, 113, 0, 50_000);
const short = fc.uint8Array({ maxLength: 40 });
export const payload: fc.Arbitrary<Uint8Array> = fc.oneof(
  short,
  fc.constantFrom(0, 1_400, 4_000).map((size) => new Uint8Array(size).fill(0x62)),
);

/** A datagram of each service to its port. */
const request = fc.oneof(
  fc.tuple(fc.constant(67), dhcp),
  fc.tuple(fc.constant(53), dns),
  fc.tuple(fc.constant(69), tftp),
  fc.tuple(fc.constant(547), dhcp6),
);
/** That, or anything anywhere. */
const message = fc.oneof({ weight: 3, arbitrary: request }, { weight: 1, arbitrary: fc.tuple(port, payload) });

/** RFC 791 3.1 */
const ipOptions = fc.array(fc.constantFrom(0, 1, 7, 68, 131, 137, 148, 3, 4, 255), { maxLength: 40 });

function withOptions(frame: Uint8Array, options: readonly number[]): Uint8Array {
  const size = Math.ceil(options.length / 4) * 4;
  const at = 14 + Ipv4.HEADER;
  const b = new Uint8Array(frame.length + size);
  b.set(frame.subarray(0, at));
  b.set(options, at);
  b.set(frame.subarray(at), at + size);
  const length = b.length - 14;
  b[14] = 0x45 + size / 4;
  b.set([length >>> 8, length & 0xff], 16);
  b.set([0, 0], 24);
  const checksum = finish(sum(b, 14, at + size));
  b.set([checksum >>> 8, checksum & 0xff], 24);
  return b;
}

const near = fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.nat(70_000), fc.integer());
const flags = fc.constantFrom(2, 2, 16, 16, 24, 17, 4, 20, 18, 0, 0x3f, 0x30);
export const tcpOptions: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant([]),
  fc.constantFrom([2, 4, 5, 0xb4, 3, 3, 7, 0], [2, 4, 0, 1], [4, 2, 1, 1], [8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1]),
  fc.constantFrom([2, 0, 1, 1], [3, 255, 0, 0], [8, 2, 0, 0], [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 9, 9]),
  fc.array(fc.nat(255), { maxLength: 40 }),
);
interface Segment {
  readonly from: string;
  readonly to: string;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly options: readonly number[];
  readonly data: Uint8Array;
}

function tcp4({ from, to, flags: bits, seq, ack, window, options, data }: Segment): Uint8Array {
  const [a, z] = [endpoint(from), endpoint(to)];
  const header = Tcp.HEADER + Math.ceil(options.length / 4) * 4;
  const b = new Uint8Array(header + data.length);
  Tcp.emit(b, 0, a.port, z.port, seq, ack, header, bits, window);
  b.set(options, Tcp.HEADER);
  b.set(data, header);
  Tcp.setSum(b, 0, finish(sum(b, 0, b.length, pseudo4(a.ip4, z.ip4, Ipv4.Protocol.TCP, b.length))));
  return packet(b, { from: a.address(), to: z.address(), protocol: Ipv4.Protocol.TCP });
}

export const window: fc.Arbitrary<number> = fc.constantFrom(0, 1, 500, 0xffff);
const segment = fc
  .record({
    from: fc.constantFrom('10.0.2.15:1000', '10.0.2.15:1001', '10.0.2.16:0'),
    to: fc.constantFrom(
      ...['192.0.2.1:7', '10.0.2.2:7', '10.0.2.3:53', '10.0.2.100:80', '192.0.2.1:0'],
      ...['192.0.2.1:21', '192.0.2.1:6667', '192.0.2.1:113', '10.0.2.2:21'],
    ),
    flags,
    seq: near,
    ack: near,
    window,
    options: tcpOptions,
    data: payload,
  })
  .map(tcp4);

const udp4 = fc.tuple(guest4, to4, message, port, mac).map(([from, to, [dst, bytes], src, dstMac]) =>
  packet(datagram(`${from}:${src}`, `${to}:${dst}`, bytes), {
    from,
    to,
    dst: to === '255.255.255.255' ? EVERYONE_MAC : dstMac,
  }),
);
/** An error about something that looks as if it had been ours. */
const quote4 = fc
  .tuple(udp4, fc.constantFrom(3, 3, 11, 12, 4, 5), fc.nat(60))
  .map(([of, type, cut]) => icmp(type, of.subarray(14, 14 + cut)));
const echo4 = fc
  .tuple(payload, to4, fc.constantFrom(8, 8, 0, 13, 17))
  .map(([data, to, type]) => icmp(type, data, { to }));
const arps = fc.record({ op: fc.constantFrom(1, 1, 2, 3), sha: mac, spa: guest4, tpa: to4 }).map((o) => arp(o));

/** Pieces of a datagram: some left out, some twice, in any order, some of another cut. */
const pieces = fc
  .tuple(
    to4,
    message,
    fc.constantFrom(8, 16, 24, 512, 1_480),
    fc.array(fc.nat(12), { minLength: 1, maxLength: 10 }),
    fc.nat(3),
  )
  .map(([to, [dst, bytes], unit, order, id]) => {
    const whole = datagram('10.0.2.15:1000', `${to}:${dst}`, bytes);
    return order
      .map((n) => (n * unit) % Math.max(8, whole.length & ~7))
      .map((at, i) => fragment(whole, at, at + unit + (i % 5 === 4 ? 8 : 0), { to, id }));
  });
const pieces6 = fc
  .tuple(
    to6,
    message,
    fc.constantFrom(8, 16, 512, 1_232),
    fc.array(fc.nat(12), { minLength: 1, maxLength: 10 }),
    fc.nat(3),
  )
  .map(([to, [dst, bytes], unit, order, id]) => {
    const whole = datagram6(GUEST, to, dst, bytes);
    return order
      .map((n) => (n * unit) % Math.max(8, whole.length & ~7))
      .map((at, i) => fragment6(whole, at, at + unit + (i % 5 === 4 ? 8 : 0), { to, id }));
  });

const udp6 = fc
  .tuple(guest6, to6, message)
  .map(([from, to, [dst, bytes]]) => packet6(datagram6(from, to, dst, bytes), { from, to }));
/** To whom the services listen, from where they are used to be asked. */
const served4 = fc
  .tuple(request, fc.constantFrom('10.0.2.15', '10.0.2.15', '0.0.0.0'), fc.constantFrom(68, 1_000, 1_001))
  .map(([[dst, bytes], from, src]) => {
    const to = dst === 67 ? '255.255.255.255' : dst === 53 ? '10.0.2.3' : '10.0.2.2';
    return packet(datagram(`${from}:${src}`, `${to}:${dst}`, bytes), {
      from,
      to,
      dst: dst === 67 ? EVERYONE_MAC : GATEWAY_MAC,
    });
  });
const served6 = fc.tuple(request, fc.constantFrom(GUEST, GUEST_LINK)).map(([[dst, bytes], from]) => {
  const to = dst === 547 ? 'ff02::1:2' : dst === 53 ? 'fd00::3' : GATEWAY;
  return packet6(datagram6(from, to, dst, bytes), { from, to });
});
/** Any chain of extension headers, each with what may be options. */
const chained = fc
  .tuple(
    udp6,
    fc.array(
      fc.tuple(fc.constantFrom(0, 43, 60, 60, 44, 51, 59), fc.array(fc.nat(9), { minLength: 6, maxLength: 6 })),
      { maxLength: 4 },
    ),
  )
  .map(([frame, headers]) => {
    let next = 17;
    let body = frame.subarray(54);
    for (const [type, options] of headers) {
      body = extension(next, options, body);
      next = type;
    }
    return packet6(body, { from: GUEST, to: '2001:db8::1', next });
  });
const icmps6 = fc
  .tuple(guest6, to6, fc.constantFrom(128, 128, 129, 1, 2, 3, 4, 130, 131, 133, 134, 137, 143), payload)
  .map(([from, to, type, data]) => icmp6(type, data, { from, to, hops: 255 }));
const quote6 = fc
  .tuple(udp6, fc.constantFrom(1, 2, 3, 4), fc.nat(80))
  .map(([of, type, cut]) => icmp6(type, of.subarray(14, 14 + cut)));
const ndp = fc
  .tuple(fc.constantFrom(135, 135, 136), guest6, to6, fc.constantFrom(null, 1, 2, 14))
  .map(([type, from, to, option]) =>
    neighbour(type, to, option, { from, to: to === GATEWAY ? solicited(GATEWAY) : to }),
  );
const tcps6 = fc
  .tuple(to6, fc.constantFrom(7, 53, 80), flags, near, near)
  .map(([to, dst, f, seq, ack]) => tcp6(to, dst, f, seq, ack));

const strange = fc
  .tuple(payload, mac, mac, fc.constantFrom(0x0800, 0x86dd, 0x0806, 0x8100, 0x88f8, 100), fc.nat(255))
  .map(([bytes, dst, src, type, protocol]) =>
    type === 0x0800 ? packet(bytes, { protocol }) : ether(bytes, { dst, src, type }),
  );

function alone(one: fc.Arbitrary<Uint8Array>): Frames {
  return one.map((frame) => [frame]);
}

const right: Frames = fc.oneof(
  alone(udp4),
  alone(fc.oneof(served4, served6)),
  alone(ncsi),
  alone(segment),
  alone(segment),
  alone(fc.tuple(fc.oneof(udp4, segment), ipOptions).map(([frame, options]) => withOptions(frame, options))),
  pieces,
  pieces6,
  alone(fc.oneof(arps, echo4, quote4)),
  alone(fc.oneof(udp6, chained)),
  alone(fc.oneof(icmps6, quote6, ndp, tcps6)),
  alone(strange),
);

/** Cut off, and a few bytes changed; mostly neither. */
const damage = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ cut: Infinity, changes: [] as [number, number][] }) },
  {
    weight: 1,
    arbitrary: fc.record({
      cut: fc.oneof(fc.constant(Infinity), fc.nat(100)),
      changes: fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 }),
    }),
  },
);

/** One thing that the guest says, in one frame or several. Those that are trusted need no checksum to be right. */
export const sendings: fc.Arbitrary<Sending[]> = fc
  .tuple(right, damage, fc.boolean())
  .map(([frames, { cut, changes }, trusted]) =>
    frames.map((whole) => {
      const frame = whole.slice(0, cut);
      for (const [at, value] of changes) if (at < frame.length) frame[at] = value;
      return { frame, trusted };
    }),
  );
