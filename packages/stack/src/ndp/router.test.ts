import * as Icmp6 from '@reslirp/wire/icmp6';
import { describe, expect, it } from 'vitest';
import { Rig } from '../../test/rig.ts';
import { address6, GUEST_LINK, icmp6, rig6 } from '../../test/rig6.ts';
import type { Service } from '../service.ts';

const { ROUTER_SOLICITATION: RS } = Icmp6.Type;
const ALL_ROUTERS = 'ff02::2';
const link = Uint8Array.of(1, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56);
/** Source address, MTU, prefix. */
const OPTIONS = '1:8 5:8 3:32';
const dns: Service = {
  name: 'dns',
  bindings: [{ protocol: 'udp', port: 53, at: 'nameserver' }],
  egress: true,
  start() {},
  received() {},
};

describe('RFC 4861 6.2.6: a solicitation', () => {
  it('is answered at once, to whoever asked', () => {
    const rig = rig6();
    expect(rig.send(icmp6(RS, link, { from: GUEST_LINK, to: ALL_ROUTERS, hops: 255, rest: 0 }))).toBe('NO');
    expect(rig.heard()).toEqual([`fe80::2 > ${GUEST_LINK} router 40000708 ${OPTIONS}`]);
  });

  describe('of a guest without an address', () => {
    const ask = icmp6(RS, new Uint8Array(0), { from: '::', to: ALL_ROUTERS, hops: 255, rest: 0 });
    const TO_ALL = `fe80::2 > ff02::1 router 40000708 ${OPTIONS}`;

    /** Milliseconds until the next one that everybody hears. */
    function wait(rig: Rig): number {
      const at = rig.stack.deadline();
      const ms = at - rig.now;
      rig.now = at - 0.001;
      rig.after(0);
      expect(rig.heard()).toEqual([]);
      rig.now = at;
      rig.after(0);
      expect(rig.heard()).toEqual([TO_ALL]);
      return ms;
    }

    it('is answered to everybody within half a second, and several with one answer', () => {
      const rig = rig6();
      rig.now += 3_000;
      expect([rig.send(ask), rig.send(ask)]).toEqual(['NO', 'NO']);
      expect(rig.heard()).toEqual([]);
      const ms = wait(rig);
      expect([ms > 0, ms <= 500]).toEqual([true, true]);
      expect(rig.stack.deadline() - rig.now).toBeGreaterThanOrEqual(200_000); // 6.2.4: the interval begins again
    });

    it('is not answered sooner than 3 s after the last one, but then', () => {
      const rig = rig6();
      rig.now += 1_000;
      rig.send(ask);
      const ms = wait(rig);
      expect([ms >= 2_000, ms <= 2_500]).toEqual([true, true]);
    });

    it('is answered by one that comes sooner anyway', () => {
      const rig = new Rig({ network6: 'fd00::/64' });
      rig.after(0);
      rig.heard();
      rig.now += 15_999.9;
      rig.send(ask);
      expect(wait(rig)).toBeLessThanOrEqual(0.11);
    });
  });

  it.each<[string, Uint8Array]>([
    ['with another hop limit', icmp6(RS, link, { from: GUEST_LINK, to: ALL_ROUTERS, hops: 64 })],
    ['from nobody at an address', icmp6(RS, link, { from: '::', to: ALL_ROUTERS, hops: 255 })],
    ['with half an option', icmp6(RS, link.subarray(0, 4), { from: GUEST_LINK, to: ALL_ROUTERS, hops: 255 })],
  ])('%s is not valid', (_what, frame) => {
    const rig = rig6();
    expect(rig.send(frame)).toBe('NDP_MALFORMED');
    expect(rig.heard()).toEqual([]);
  });
});

describe('RFC 4861 6.2.4: advertisements that nobody asked for', () => {
  it('come at once, twice after 16 s, and then every 200 to 600 s', () => {
    const rig = new Rig({ network6: 'fd00::/64' });
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      rig.now = Math.max(rig.now, rig.stack.deadline());
      rig.after(0);
      expect(rig.heard()).toEqual([`fe80::2 > ff02::1 router 40000708 ${OPTIONS}`]);
      times.push(rig.now);
    }
    const gaps = times.slice(1).map((t, i) => t - times[i]!);
    expect(gaps.slice(0, 2)).toEqual([16_000, 16_000]);
    expect(gaps.slice(2).every((gap) => gap >= 200_000 && gap <= 600_000)).toBe(true);
  });

  it('the last one says that there is no router any more', () => {
    const rig = rig6();
    rig.stack.close(rig.now);
    expect(rig.heard()).toEqual([`fe80::2 > ff02::1 router 40000000 ${OPTIONS}`]);
  });
});

describe('what is advertised', () => {
  function advertised(options: ConstructorParameters<typeof Rig>[0]): Uint8Array {
    const rig = new Rig({ network6: 'fd00::/64', ...options });
    rig.after(0);
    return rig.frames()[0]!.bytes.subarray(14 + 40);
  }
  const optionOf = (b: Uint8Array, kind: number): Uint8Array => {
    const at = Icmp6.option(b, 0, b.length, kind);
    return at < 0 ? new Uint8Array(0) : b.subarray(at, at + b[at + 1]! * 8);
  };

  it('the prefix, on link and for guests to make addresses of, a day long', () => {
    const prefix = optionOf(advertised({}), Icmp6.Option.PREFIX);
    expect([...prefix.subarray(2, 12)]).toEqual([64, 0xc0, 0, 1, 0x51, 0x80, 0, 0, 0x38, 0x40]);
    expect(prefix.subarray(16)).toEqual(address6('fd00::'));
  });

  it('a prefix of another length is no good for that (RFC 4862 5.5.3 d)', () => {
    const prefix = optionOf(advertised({ network6: 'fd00:1::/80' }), Icmp6.Option.PREFIX);
    expect([...prefix.subarray(2, 4)]).toEqual([80, 0x80]);
  });

  it('the MTU', () => {
    const option = optionOf(advertised({ mtu: 1400 }), Icmp6.Option.MTU);
    expect([...option]).toEqual([5, 1, 0, 0, 0, 0, 5, 120]);
  });

  it('the nameserver where there is one, half an hour long (RFC 8106 5.1)', () => {
    expect(optionOf(advertised({}), Icmp6.Option.RDNSS)).toHaveLength(0);
    expect(optionOf(advertised({ services: [dns], advertise: { nameserver: false } }), 25)).toHaveLength(0);
    expect(optionOf(advertised({ services: [dns], restricted: true }), 25)).toHaveLength(0);
    const option = optionOf(advertised({ services: [dns] }), Icmp6.Option.RDNSS);
    expect([...option.subarray(4, 8)]).toEqual([0, 0, 7, 8]);
    expect(option.subarray(8)).toEqual(address6('fd00::3'));
  });

  it('domains to search (RFC 8106 5.2)', () => {
    const b = advertised({ advertise: { searchList: ['a.example', 'b'] } });
    const option = optionOf(b, Icmp6.Option.DNSSL);
    expect(String.fromCharCode(...option.subarray(8))).toBe('\x01a\x07example\0\x01b\0\0\0');
    expect(option).toHaveLength(24);
  });

  it('that addresses come from DHCPv6, where they do', () => {
    expect(advertised({ advertise: { managed: true } })[5]).toBe(0x80);
    expect(advertised({ advertise: { other: true } })[5]).toBe(0x40);
  });

  it('no way out of a restricted network', () => {
    expect([...advertised({ restricted: true }).subarray(6, 8)]).toEqual([0, 0]);
  });
});
