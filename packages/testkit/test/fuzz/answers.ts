// What a guest says in answer to something that the stack has sent: frames that no draw alone would find.
import { Endpoint } from '@reslirp/stack/endpoint';
import { finish, pseudo4, pseudo6, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp4 from '@reslirp/wire/icmp4';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Ipv6 from '@reslirp/wire/ipv6';
import * as Tcp from '@reslirp/wire/tcp';
import * as Udp from '@reslirp/wire/udp';
import fc from 'fast-check';
import { datagram, packet, text } from '../../../stack/test/rig.ts';
import { icmp6, packet6 } from '../../../stack/test/rig6.ts';
import { payload, tcpOptions, window } from './frames.ts';
import { dnsStream, lines } from './services.ts';

/** A segment: where its numbers are from what would be right. */
interface AnswerTcp {
  readonly answers: 'tcp';
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly options: readonly number[];
  readonly data: Uint8Array;
}

/** An error that says that the last segment does not go through. */
interface AnswerTooBig {
  readonly answers: 'too big';
  readonly mtu: number;
  /** Of the quoted sequence number. */
  readonly off: number;
}

/** To the last block of a file: an ACK of that, or of another. */
interface AnswerTftp {
  readonly answers: 'tftp';
  readonly op: number;
  readonly off: number;
}

export type Answer = AnswerTcp | AnswerTooBig | AnswerTftp;

const off = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 1) },
  { weight: 1, arbitrary: fc.integer({ min: -3_000, max: 70_000 }) },
);
const spoken = fc.oneof(payload, payload, dnsStream, lines.map(text));

export const answers: fc.Arbitrary<Answer> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      answers: fc.constant('tcp' as const),
      flags: fc.constantFrom(16, 16, 16, 24, 24, 17, 20, 18, 4, 0x30),
      seq: off,
      ack: off,
      window,
      options: tcpOptions,
      data: spoken,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      answers: fc.constant('too big' as const),
      mtu: fc.constantFrom(0, 68, 296, 576, 1_280, 1_400, 1_500, 65_535),
      off: fc.constantFrom(0, 0, 0, 1_000, -1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      answers: fc.constant('tftp' as const),
      op: fc.constantFrom(4, 4, 4, 4, 5, 3),
      off: fc.constantFrom(0, 0, 0, -1, 1, 0x8000),
    }),
  },
);

/** Null: `frame` is nothing that this answers. */
export function answer(frame: Uint8Array, how: Answer): Uint8Array | null {
  const is4 = Ether.type(frame, 0) === Ether.Type.IP4;
  if (!is4 && Ether.type(frame, 0) !== Ether.Type.IP6) return null;
  const ip = Ether.HEADER;
  const protocol = is4 ? Ipv4.protocol(frame, ip) : Ipv6.next(frame, ip);
  if (how.answers === 'tftp') return is4 && protocol === Ipv4.Protocol.UDP ? nextBlock(frame, how) : null;
  if (protocol !== Ipv4.Protocol.TCP) return null;
  if (how.answers === 'too big') return tooBig(frame, is4, how);
  return is4 ? segment4(frame, how) : segment6(frame, how);
}

/** TCP header, options and data in answer to the segment at frame[at]; the checksum is the caller's. */
function segment(frame: Uint8Array, at: number, end: number, how: AnswerTcp): Uint8Array {
  const bits = Tcp.flags(frame, at);
  const size = end - at - Tcp.headerLength(frame, at) + (bits & 1) + ((bits >> 1) & 1);
  const header = Tcp.HEADER + Math.ceil(how.options.length / 4) * 4;
  const b = new Uint8Array(header + how.data.length);
  const [seq, ack] = [Tcp.ack(frame, at) + how.seq, Tcp.seq(frame, at) + size + how.ack];
  Tcp.emit(b, 0, Tcp.dstPort(frame, at), Tcp.srcPort(frame, at), seq, ack, header, how.flags, how.window);
  b.set(how.options, Tcp.HEADER);
  b.set(how.data, header);
  return b;
}

function segment4(frame: Uint8Array, how: AnswerTcp): Uint8Array {
  const ip = Ether.HEADER;
  const [from, to] = [Ipv4.dst(frame, ip), Ipv4.src(frame, ip)];
  const b = segment(frame, ip + Ipv4.HEADER, Ipv4.end(frame, ip), how);
  Tcp.setSum(b, 0, finish(sum(b, 0, b.length, pseudo4(from, to, Ipv4.Protocol.TCP, b.length))));
  return packet(b, { from: address4(from), to: address4(to), protocol: Ipv4.Protocol.TCP });
}

function segment6(frame: Uint8Array, how: AnswerTcp): Uint8Array {
  const ip = Ether.HEADER;
  const b = segment(frame, ip + Ipv6.HEADER, Ipv6.end(frame, ip), how);
  Tcp.setSum(b, 0, finish(sum(b, 0, b.length, pseudo6(frame, ip + Ipv6.SRC, Ipv6.Next.TCP, b.length))));
  return packet6(b, { from: address6(frame, ip + Ipv6.DST), to: address6(frame, ip + Ipv6.SRC), next: Ipv6.Next.TCP });
}

function tooBig(frame: Uint8Array, is4: boolean, { mtu, off: by }: AnswerTooBig): Uint8Array {
  const quoted = frame.slice(Ether.HEADER, Ether.HEADER + 80);
  const at = is4 ? Ipv4.HEADER : Ipv6.HEADER;
  const view = new DataView(quoted.buffer);
  view.setInt32(at + 4, view.getInt32(at + 4) + by);
  if (!is4) return icmp6(2, quoted, { rest: mtu });
  const b = new Uint8Array(Icmp4.HEADER + quoted.length);
  b.set(quoted, Icmp4.HEADER);
  Icmp4.emit(b, 0, b.length, Icmp4.Type.UNREACHABLE, 4, mtu);
  return packet(b, { protocol: Ipv4.Protocol.ICMP });
}

function nextBlock(frame: Uint8Array, { op, off: by }: AnswerTftp): Uint8Array {
  const ip = Ether.HEADER;
  const udp = ip + Ipv4.HEADER;
  const at = udp + Udp.HEADER;
  const block = ((frame[at + 2]! << 8) | frame[at + 3]!) * (frame[at + 1] === 3 ? 1 : 0) + by;
  const from = `${address4(Ipv4.dst(frame, ip))}:${Udp.dstPort(frame, udp)}`;
  const to = `${address4(Ipv4.src(frame, ip))}:${Udp.srcPort(frame, udp)}`;
  const bytes = Uint8Array.of(0, op, (block >> 8) & 255, block & 255);
  return packet(datagram(from, to, bytes), { from: address4(Ipv4.dst(frame, ip)), to: address4(Ipv4.src(frame, ip)) });
}

function address4(ip: number): string {
  return Endpoint.of4(ip).address();
}

function address6(b: Uint8Array, at: number): string {
  return new Endpoint().set6(b, at, 0).address();
}
