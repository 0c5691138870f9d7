// Every frame that a stack sends, before tshark: none is malformed, and no checksum is wrong.
import * as Ether from '@reslirp/wire/ether';
import * as Icmp4 from '@reslirp/wire/icmp4';
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Ipv6 from '@reslirp/wire/ipv6';
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
      return machine.link.sent.map(({ bytes }) => bytes).filter((frame) => !quotes(frame));
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
