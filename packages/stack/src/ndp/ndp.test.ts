import * as Icmp6 from '@reslirp/wire/icmp6';
import { describe, expect, it } from 'vitest';
import { GUEST_MAC, type Rig } from '../../test/rig.ts';
import {
  GATEWAY,
  GATEWAY_LINK,
  GUEST,
  GUEST_LINK,
  icmp6,
  introduce,
  neighbour,
  rig6,
  solicited,
  udp6,
} from '../../test/rig6.ts';
import { Endpoint } from '../endpoint.ts';

const { NEIGHBOUR_SOLICITATION: NS, NEIGHBOUR_ADVERTISEMENT: NA } = Icmp6.Type;
const { SOURCE_LINK, TARGET_LINK } = Icmp6.Option;
const MAC = '52:54:00:12:34:56';
const ANSWER = 'e0000000 at 52:55:0a:00:02:02';

describe('RFC 4861 7.2.4: a solicitation', () => {
  it.each([
    [GATEWAY, ANSWER],
    [GATEWAY_LINK, ANSWER],
    ['fd00::3', '60000000 at 52:55:0a:00:02:03'],
    ['fe80::3', '60000000 at 52:55:0a:00:02:03'],
  ])('for %s is answered: it is ours', (target, answer) => {
    const rig = rig6();
    expect(rig.send(neighbour(NS, target, SOURCE_LINK, { to: solicited(target), from: GUEST_LINK }))).toBe('NO');
    expect(rig.heard()).toEqual([`${target} > ${GUEST_LINK} is ${target} ${answer} > ${MAC}`]);
  });

  it('for another guest is none of our business', () => {
    const rig = rig6();
    expect(rig.send(neighbour(NS, 'fd00::77', SOURCE_LINK, { to: solicited('fd00::77') }))).toBe('NO');
    expect(rig.heard()).toEqual([]);
  });

  it('whether an address of ours is free: it is not, and everybody hears that (RFC 4862 5.4.3)', () => {
    const rig = rig6();
    expect(rig.send(neighbour(NS, GATEWAY, null, { from: '::', to: solicited(GATEWAY) }))).toBe('NDP_CONFLICT');
    expect(rig.heard()).toEqual([
      `${GATEWAY} > ff02::1 is ${GATEWAY} a0000000 at 52:55:0a:00:02:02 > 33:33:00:00:00:01`,
    ]);
  });

  it('whether an address of its own is free is let be', () => {
    const rig = rig6();
    expect(rig.send(neighbour(NS, GUEST, null, { from: '::', to: solicited(GUEST) }))).toBe('NO');
    expect(rig.heard()).toEqual([]);
  });
});

describe('RFC 4861 7.1: what is not valid is dropped', () => {
  it.each<[string, Uint8Array]>([
    ['another hop limit: it has crossed a router', neighbour(NS, GATEWAY, SOURCE_LINK, { hops: 254 })],
    ['a code', neighbour(NS, GATEWAY, SOURCE_LINK, { code: 1 })],
    ['a group as target', neighbour(NS, 'ff02::2', SOURCE_LINK)],
    ['too short', icmp6(NS, new Uint8Array(8), { hops: 255 })],
    ['an option of no length', icmp6(NS, Uint8Array.of(...new Uint8Array(16), 1, 0, 0, 0, 0, 0, 0, 0), { hops: 255 })],
    ['from nobody, with an address', neighbour(NS, GATEWAY, SOURCE_LINK, { from: '::', to: solicited(GATEWAY) })],
    ['from nobody, to another group', neighbour(NS, GATEWAY, null, { from: '::', to: 'ff02::1' })],
    [
      'an answer to everybody that was asked for',
      neighbour(NA, GUEST, TARGET_LINK, { to: 'ff02::1', rest: 0x4000_0000 }),
    ],
  ])('%s', (_what, frame) => {
    const rig = rig6();
    expect(rig.send(frame)).toBe('NDP_MALFORMED');
    expect(rig.heard()).toEqual([]);
  });

  it('a wrong checksum', () => {
    const frame = neighbour(NS, GATEWAY, SOURCE_LINK);
    frame[60]! ^= 1;
    expect(rig6().send(frame, true)).toBe('ICMP_MALFORMED');
  });
});

describe('guests are found', () => {
  /** A datagram of the host's to a guest that nobody has heard of, through a forward. */
  function called(rig: Rig, guest: string = GUEST): void {
    const endpoint = { protocol: 'udp', host: at('::', 5000), guest: at(guest, 7) } as const;
    rig.stack.forward(endpoint, { bound() {}, unbound() {} });
    const { events } = rig.host.bound.at(-1)!;
    const bytes = new Uint8Array([0x68, 0x69]);
    events.received(at('2001:db8::1', 9), bytes, 0, 2, rig.now);
  }

  it('by their solicited-node group; what is for them waits meanwhile', () => {
    const rig = rig6();
    called(rig);
    expect(rig.heard()).toEqual([
      `fe80::2 > ${solicited(GUEST)} who is ${GUEST} 0 at 52:55:0a:00:02:02 > 33:33:ff:00:00:15`,
    ]);
    expect(rig.send(neighbour(NA, GUEST, TARGET_LINK, { rest: 0x6000_0000 }))).toBe('NO');
    expect(rig.heard()).toEqual([`2001:db8::1 > ${GUEST} udp 9 > 7 hi`]);
  });

  it('once a second, and not more often', () => {
    const rig = rig6();
    called(rig);
    called(rig);
    expect(rig.heard()).toHaveLength(1);
    rig.after(1_000);
    called(rig);
    expect(rig.heard()).toHaveLength(1);
  });

  it('who speaks without having been asked is not learned (7.2.5)', () => {
    const rig = rig6();
    rig.send(neighbour(NA, 'fd00::99', TARGET_LINK, { from: GUEST, to: 'ff02::1' }));
    expect(rig.count('neighbours')).toBe(1); // the sender alone
  });

  it('a new MAC counts when it overrides, and only then (7.2.5)', () => {
    const rig = rig6();
    introduce(rig);
    const moved = Uint8Array.of(0x52, 0x54, 9, 9, 9, 9);
    const say = (rest: number): void => {
      const frame = neighbour(NA, GUEST, TARGET_LINK, { rest, to: 'ff02::1' });
      frame.set(moved, frame.length - 6);
      // the last six bytes are summed: make it right again
      const sent = icmp6(NA, frame.subarray(14 + 40 + 8), { hops: 255, rest, to: 'ff02::1' });
      rig.send(sent);
    };
    const reached = (): Uint8Array => {
      rig.send(icmp6(128, 'x'));
      return rig.frames()[0]!.bytes.slice(0, 6);
    };
    say(0);
    expect(reached()).toEqual(GUEST_MAC);
    say(0x2000_0000);
    expect(reached()).toEqual(moved);
  });

  it('who claims an address of ours is counted, and changes nothing', () => {
    const rig = rig6();
    expect(rig.send(neighbour(NA, GATEWAY, TARGET_LINK, { to: 'ff02::1', rest: 0x2000_0000 }))).toBe('NDP_CONFLICT');
  });
});

describe('RFC 4861 7.3: a guest that has not been heard for long', () => {
  it('is asked itself, three times, then its group is', () => {
    const rig = rig6();
    introduce(rig);
    rig.send(udp6('2001:db8::1', 7));
    const { events } = rig.host.udpSockets[0]!;
    const answer = (): string[] => {
      events.received(at('2001:db8::1', 7), new Uint8Array(1), 0, 1, rig.now);
      return rig.heard().map((line) => line.replace(/ 0 at.*> /, ' > '));
    };
    rig.now += 29_000;
    expect(answer()).toHaveLength(1);
    rig.now += 2_000;
    const probe = `fe80::2 > ${GUEST} who is ${GUEST} > ${MAC}`;
    expect(answer()).toEqual([probe, expect.stringContaining('udp')]);
    expect(answer()).toEqual([expect.stringContaining('udp')]);
    rig.now += 1_000;
    expect(answer()[0]).toBe(probe);
    rig.now += 1_000;
    expect(answer()[0]).toBe(probe);
    rig.now += 1_000;
    expect(answer()[0]).toBe(`fe80::2 > ${solicited(GUEST)} who is ${GUEST} > 33:33:ff:00:00:15`);
    expect(rig.count('neighbours')).toBe(0);
  });

  it('is left alone once it has been heard', () => {
    const rig = rig6();
    introduce(rig);
    rig.now += 40_000;
    rig.send(icmp6(128, 'x'));
    expect(rig.heard()).toEqual([`${GATEWAY} > ${GUEST} icmp6 129 7/1 x`]);
  });
});

function at(address: string, port: number): Endpoint {
  return Endpoint.parse(address, port)!;
}
