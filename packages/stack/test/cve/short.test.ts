// Frames that end before their headers do, and headers that claim more than there is. Each was an over-read in libslirp.
import { describe, expect, test } from 'vitest';
import { arp, datagram, ether, packet, Rig, text, udp } from '../rig.ts';
import {
  datagram6,
  extension,
  GATEWAY,
  GATEWAY_LINK,
  GUEST,
  GUEST_LINK,
  icmp6,
  introduce,
  packet6,
  rig6,
} from '../rig6.ts';
import { attack, leaks, POISON } from './attack.ts';

const ETHER = 14;
const IP4 = 20;
const IP6 = 40;
const ECHO_REQUEST = 128;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;
const NCSI = 0x88f8;

/** Nobody may answer, and nothing may have reached the host. */
function mustBeSilent(rig: Rig): void {
  expect([rig.heard(), leaks(rig), rig.host.udpSockets.length, rig.host.dialled.length]).toEqual([[], 0, 0, 0]);
}

// ncsi_input() read its header without asking how much had come. Where the service is, see testkit
test('CVE-2020-29129: without its service NC-SI of any length is no protocol of ours', () => {
  const rig = rig6();
  for (let size = 0; size <= 64; size++) {
    const frame = ether(new Uint8Array(size), { dst: new Uint8Array(6).fill(0xff), type: NCSI });
    expect(attack(rig, frame)).toBe('ETHER_TYPE');
  }
  expect(rig.count('ETHER_TYPE')).toBe(65);
  mustBeSilent(rig);
});

// arp_input() took any frame for a whole request, and answered with what lay behind it
test('CVE-2020-29130: an ARP request that is cut anywhere is not answered', () => {
  const rig = new Rig();
  const whole = arp();
  for (let size = ETHER; size < whole.length; size++) {
    expect(attack(rig, whole.subarray(0, size))).toBe('ARP_MALFORMED');
  }
  expect(rig.count('neighbours')).toBe(0);
  mustBeSilent(rig);
  expect([attack(rig, whole), rig.heard().length, leaks(rig)]).toEqual(['NO', 1, 0]);
});

// udp_input() read a header out of packets that have no room for one
describe('CVE-2021-3594: a UDP datagram over IPv4', () => {
  const whole = datagram('10.0.2.15:1000', '192.0.2.1:7', text('hello'));

  test.each([false, true])('with less than a header; trusted: %s', (trusted) => {
    const rig = new Rig();
    for (let size = 0; size < 8; size++) {
      expect(attack(rig, packet(whole.subarray(0, size), { to: '192.0.2.1' }), trusted)).toBe('UDP_MALFORMED');
    }
    mustBeSilent(rig);
  });

  test.each([0, 7, 14, 1_000, 0xffff])('that says it has %i bytes, of 13', (length) => {
    const rig = new Rig();
    const lying = whole.slice();
    lying.set([length >>> 8, length & 0xff, 0, 0], 4); // no checksum: nothing else speaks against it
    expect(attack(rig, packet(lying, { to: '192.0.2.1' }), true)).toBe('UDP_MALFORMED');
    mustBeSilent(rig);
  });

  test('in an IP packet that says it has more than the frame', () => {
    const rig = new Rig();
    const poisoned = udp('10.0.2.15:1000', '192.0.2.1:7', new Uint8Array(1_000).fill(POISON)); // right, if memory counted
    for (const kept of [ETHER + IP4, ETHER + IP4 + 8, poisoned.length - 1]) {
      expect(attack(rig, poisoned.subarray(0, kept))).toBe('IP4_MALFORMED');
    }
    mustBeSilent(rig);
  });
});

// udp6_input() did the same
describe('CVE-2021-3593: a UDP datagram over IPv6', () => {
  const TO = '2001:db8::1';
  const whole = datagram6(GUEST, TO, 7, 'hello');

  test.each([false, true])('with less than a header; trusted: %s', (trusted) => {
    const rig = rig6();
    for (let size = 0; size < 8; size++) {
      expect(attack(rig, packet6(whole.subarray(0, size), { to: TO }), trusted)).toBe('UDP_MALFORMED');
      const behind = extension(17, [1, 4, 0, 0, 0, 0], whole.subarray(0, size));
      expect(attack(rig, packet6(behind, { to: TO, next: DESTINATION_OPTIONS }), trusted)).toBe('UDP_MALFORMED');
    }
    mustBeSilent(rig);
  });

  test.each([1, 7, 14, 1_000, 0xffff])('that says it has %i bytes, of 13', (length) => {
    const rig = rig6();
    const lying = whole.slice();
    lying.set([length >>> 8, length & 0xff], 4);
    expect(attack(rig, packet6(lying, { to: TO }), true)).toBe('UDP_MALFORMED');
    mustBeSilent(rig);
  });
});

// icmp6_send_echoreply() believed the payload length of the header, and sent the memory behind the frame along
describe('CVE-2020-10756: an ICMPv6 echo request that says it has more than the frame', () => {
  test.each([
    [GUEST, GATEWAY],
    [GUEST_LINK, GATEWAY_LINK],
  ])('from %s to %s', (from, to) => {
    const rig = rig6();
    introduce(rig, from);
    const poisoned = icmp6(ECHO_REQUEST, new Uint8Array(1_400).fill(POISON), { from, to }); // its checksum is right, if memory counts
    for (const kept of [ETHER + IP6, ETHER + IP6 + 4, ETHER + IP6 + 8, ETHER + IP6 + 16, poisoned.length - 1]) {
      for (const trusted of [false, true]) {
        expect(attack(rig, poisoned.subarray(0, kept), trusted)).toBe('IP6_MALFORMED');
      }
    }
    mustBeSilent(rig);
    expect([attack(rig, icmp6(ECHO_REQUEST, 'ping', { from, to })), rig.heard().length, leaks(rig)]).toEqual([
      'NO',
      1,
      0,
    ]);
  });

  test('with less than a header of its own, or only a part of one that fragments', () => {
    const rig = rig6();
    introduce(rig);
    for (let size = 0; size < 8; size++) {
      expect(
        attack(rig, packet6(Uint8Array.of(ECHO_REQUEST, 0, 0, 0, 0, 0, 0).subarray(0, size), { next: 58 }), true),
      ).toBe('ICMP_MALFORMED');
      expect(attack(rig, packet6(Uint8Array.of(58, 0, 0, 0, 0, 0, 0).subarray(0, size), { next: FRAGMENT }))).toBe(
        'IP6_MALFORMED',
      );
    }
    mustBeSilent(rig);
  });
});

// udp_input() looked up the socket of 0.0.0.0:0, which is what an empty entry of its table looks like: a null pointer
test.each(['192.0.2.1:7', '10.0.2.2:7', '10.0.2.3:53'])('CVE-2014-3640: a datagram from 0.0.0.0:0 to %s', (to) => {
  const rig = new Rig();
  expect(attack(rig, udp('0.0.0.0:0', to))).toBe('IP4_SOURCE');
  mustBeSilent(rig);
});
