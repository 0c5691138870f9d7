// Every frame that a stack sends, before tshark: none is malformed, and no checksum is wrong.
import * as Ether from '@reslirp/wire/ether';
import * as Icmp4 from '@reslirp/wire/icmp4';
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Ipv6 from '@reslirp/wire/ipv6';
import * as Udp from '@reslirp/wire/udp';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { complaints, missing } from '../../wire/test/tshark.ts';
import { episode } from '../src/index.ts';
import { Machine, setups, steps } from './fuzz/machine.ts';

const PACKETS = Number(process.env['RESLIRP_PACKETS'] ?? 20_000);
const MACHINES = Number(process.env['FC_NUM_RUNS'] ?? 100);
const absent = missing();

test.skipIf(absent !== null)(
  `${PACKETS} frames of the simulation ${absent ?? ''}`,
  () => {
    const frames: Uint8Array[] = [];
    const sent = (frame: Uint8Array): void => void frames.push(frame);
    for (let seed = 1; frames.length < PACKETS; seed++) episode(seed, { sent });
    expect(complaints(frames)).toEqual([]);
  },
  36_000_000,
);

test.skipIf(absent !== null)(
  `what ${MACHINES} machines answer to anything ${absent ?? ''}`,
  () => {
    const frames = fc.sample(fc.tuple(setups, steps), { numRuns: MACHINES, seed: 7 }).flatMap(([setup, script]) => {
      const machine = new Machine(setup);
      for (const one of script) machine.do(one);
      machine.close();
      return machine.link.sent.map(({ bytes }) => bytes).filter((frame) => !quotes(frame) && !carries(frame));
    });
    expect(frames.length).toBeGreaterThan(MACHINES);
    expect(complaints(frames)).toEqual([]);
  },
  36_000_000,
);

/** An ICMP error: it has what the guest has sent in it, wrong as that may be, and tshark reads on there. */
function quotes(frame: Uint8Array): boolean {
  const ip = Ether.HEADER;
  const type = Ether.type(frame, 0);
  if (type === Ether.Type.IP4 && Ipv4.protocol(frame, ip) === Ipv4.Protocol.ICMP) {
    return Icmp4.type(frame, ip + Ipv4.HEADER) !== Icmp4.Type.ECHO_REPLY;
  }
  if (type !== Ether.Type.IP6 || Ipv6.next(frame, ip) !== Ipv6.Next.ICMP6) return false;
  return Icmp6.type(frame, ip + Ipv6.HEADER) < Icmp6.Type.ECHO;
}

/** Ports of our own services, and what asks them: tshark goes by ports, and takes the words of others for theirs. */
const SERVED = { v4: [53, 67, 69], v6: [53, 69, 547] } as const;
const DHCP_CLIENT = 68;
const FIRST_DYNAMIC = 49_152;

/** A datagram whose bytes are not ours: it was a host's or a guest's to write, or comes to a port that tshark expects other things at. */
function carries(frame: Uint8Array): boolean {
  const ip = Ether.HEADER;
  const is4 = Ether.type(frame, 0) === Ether.Type.IP4;
  if (!is4 && Ether.type(frame, 0) !== Ether.Type.IP6) return false;
  const protocol = is4 ? Ipv4.protocol(frame, ip) : Ipv6.next(frame, ip);
  if (protocol !== Ipv4.Protocol.UDP || (is4 && Ipv4.fragmentOffset(frame, ip) > 0)) return false;
  const udp = ip + (is4 ? Ipv4.HEADER : Ipv6.HEADER);
  const [from, to] = [Udp.srcPort(frame, udp), Udp.dstPort(frame, udp)];
  const isOurs = is4 ? [...frame.subarray(ip + 12, ip + 15)].join('.') === '10.0.2' : frame[ip + 8]! >= 0xfc;
  const served: readonly number[] = is4 ? SERVED.v4 : SERVED.v6;
  if (!isOurs || (to === DHCP_CLIENT && from !== 67)) return true;
  return !served.includes(from) && from < FIRST_DYNAMIC;
}
