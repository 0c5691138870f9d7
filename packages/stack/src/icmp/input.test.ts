import * as Ipv4 from '@reslirp/wire/ipv4';
import { describe, expect, it } from 'vitest';
import { fragments, icmp, packet, Rig, text } from '../../test/rig.ts';

const ECHO = 8;

describe('RFC 792: echo', () => {
  it.each(['10.0.2.2', '10.0.2.3'])('to %s is answered with the same data', (to) => {
    const rig = new Rig();
    expect(rig.send(icmp(ECHO, 'abcd', { to }))).toBe('NO');
    expect(rig.heard()).toEqual([`${to} > 10.0.2.15 icmp 0 7/1 abcd`]);
  });

  it.each([0, 1, 7, 1471])('of %i bytes', (size) => {
    const rig = new Rig();
    expect(rig.send(icmp(ECHO, new Uint8Array(size).fill(0x41)))).toBe('NO');
    expect(rig.heard()).toHaveLength(1);
  });

  it('larger than the MTU comes back in fragments', () => {
    const rig = new Rig();
    const whole = icmp(ECHO, new Uint8Array(4000)).subarray(34);
    for (const frame of fragments(whole, 1500, { protocol: 1 })) rig.send(frame);
    expect(rig.heard()).toEqual([
      '10.0.2.2 > 10.0.2.15 fragment 0-1480+',
      '10.0.2.2 > 10.0.2.15 fragment 1480-2960+',
      '10.0.2.2 > 10.0.2.15 fragment 2960-4008',
    ]);
  });

  it('keeps its type of service, RFC 1349 5.1', () => {
    const rig = new Rig();
    rig.send(icmp(ECHO, 'x', { tos: 0x10 }));
    expect(Ipv4.tos(rig.frames()[0]!.bytes, 14)).toBe(0x10);
  });

  it.each([
    ['192.0.2.1', 13, 'a host that has no echo'],
    ['10.0.2.77', 0, 'nobody'],
  ])('to %s is answered by code %i: %s', (to, code) => {
    const rig = new Rig();
    expect(rig.send(icmp(ECHO, 'ping', { to }))).toBe('ICMP_UNANSWERED');
    expect(rig.heard()).toEqual([`10.0.2.2 > 10.0.2.15 icmp unreachable ${code} about 10.0.2.15 > ${to} (32)`]);
  });

  it('of a restricted network reaches the gateway', () => {
    const rig = new Rig({ restricted: true });
    expect(rig.send(icmp(ECHO))).toBe('NO');
    expect(rig.send(icmp(ECHO, 'x', { to: '192.0.2.1' }))).toBe('ICMP_UNANSWERED');
  });

  it('with a wrong checksum, or without a header, is dropped; trust is no reason to take it', () => {
    const rig = new Rig();
    const wrong = icmp(ECHO);
    wrong[37]!++;
    expect(rig.send(wrong, true)).toBe('ICMP_MALFORMED');
    expect(rig.send(packet(new Uint8Array(7), { protocol: 1 }))).toBe('ICMP_MALFORMED');
    expect(rig.heard()).toEqual([]);
  });
});

it.each([0, 3, 4, 5, 11, 12, 13, 15, 17])('type %i of the guest is left alone', (type) => {
  const rig = new Rig();
  const quote = packet(text('12345678'), { from: '192.0.2.1', to: '10.0.2.15' }).subarray(14);
  expect(rig.send(icmp(type, quote))).toBe('ICMP_UNANSWERED');
  expect(rig.send(icmp(type, quote, { to: '192.0.2.1' }))).toBe('ICMP_UNANSWERED');
  expect(rig.heard()).toEqual([]);
});
