import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { inNewNetwork, whyNoNetwork } from '../test/network.ts';
import { Tun } from './constants.ts';
import { Errno } from './errno.ts';
import { Interfaces } from './interface.ts';
import * as libc from './libc.ts';
import { openTap, setHeaderSize, setOffload, tapFlags } from './tun.ts';

const why = whyNoNetwork();
const LOOPBACK = 0x7f000001;
const GUEST = 0x0a00020f;
const GATEWAY = 0x0a000202;
const MASK = 0xffffff00 | 0;

interface Shown {
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly address: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

/** What ip(8) says of an interface of the namespace we are in. */
function shown(name: string): Shown {
  const { stdout } = spawnSync('ip', ['-j', '-4', 'address', 'show', 'dev', name], { encoding: 'utf8' });
  const links = spawnSync('ip', ['-j', 'link', 'show', 'dev', name], { encoding: 'utf8' }).stdout;
  const addresses = (JSON.parse(stdout) as Partial<Shown>[])[0]?.addr_info ?? [];
  return { ...(JSON.parse(links) as Shown[])[0]!, addr_info: addresses };
}

/** Runs `body` in a new namespace with a TAP of the name t0. */
function withTap(body: (interfaces: Interfaces, fd: number) => void): void {
  inNewNetwork(() => {
    const { fd } = openTap('t0');
    const interfaces = new Interfaces();
    try {
      body(interfaces, fd);
    } finally {
      interfaces.close();
      libc.close(fd);
    }
  });
}

describe.skipIf(why !== null)(`interfaces${why === null ? '' : `: skipped, ${why}`}`, () => {
  test('come up, and stay what they were besides', () => {
    withTap((interfaces) => {
      const before = shown('t0').flags;
      expect(before).not.toContain('UP');
      expect([interfaces.up('t0'), interfaces.up('lo'), interfaces.up('t0')]).toEqual([0, 0, 0]);
      expect(shown('t0').flags).toEqual(expect.arrayContaining([...before, 'UP']));
      expect(shown('lo').flags).toEqual(expect.arrayContaining(['LOOPBACK', 'UP']));
    });
  });

  test.each([68, 576, 1_500, 9_000, 65_520])('have the MTU %i', (mtu) => {
    withTap((interfaces) => {
      expect(interfaces.setMtu('t0', mtu)).toBe(0);
      expect(shown('t0').mtu).toBe(mtu);
    });
  });

  test.each([0, 67, 65_536, -1])('cannot have the MTU %i', (mtu) => {
    withTap((interfaces) => expect(interfaces.setMtu('t0', mtu)).toBe(-Errno.EINVAL));
  });

  test('have the address and the mask that they got, and the last one only', () => {
    withTap((interfaces) => {
      expect(interfaces.setAddress('t0', LOOPBACK + 77, 0xff000000 | 0)).toBe(0);
      expect(interfaces.setAddress('t0', GUEST, MASK)).toBe(0);
      expect(shown('t0').addr_info).toMatchObject([{ local: '10.0.2.15', prefixlen: 24 }]);
    });
  });

  test('have the hardware address that they got; a group’s is none', () => {
    withTap((interfaces) => {
      expect(interfaces.setMac('t0', Uint8Array.of(2, 0, 0, 0xaa, 0xbb, 0xcc))).toBe(0);
      expect(shown('t0').address).toBe('02:00:00:aa:bb:cc');
      expect(interfaces.setMac('t0', Uint8Array.of(1, 0, 0, 0, 0, 1))).toBe(-Errno.EADDRNOTAVAIL);
    });
  });

  test('lead everywhere else by the gateway, once it can be reached', () => {
    withTap((interfaces) => {
      expect(interfaces.addDefaultRoute(GATEWAY)).toBe(-Errno.ENETUNREACH);
      interfaces.setAddress('t0', GUEST, MASK);
      interfaces.up('t0');
      expect(interfaces.addDefaultRoute(GATEWAY)).toBe(0);
      expect(interfaces.addDefaultRoute(GATEWAY)).toBe(-Errno.EEXIST);
      const { stdout } = spawnSync('ip', ['route', 'get', '192.0.2.1'], { encoding: 'utf8' });
      expect(stdout).toMatch(/^192\.0\.2\.1 via 10\.0\.2\.2 dev t0 src 10\.0\.2\.15 /);
    });
  });

  test.each(['nobody', '', 't0 ', 'T0'])('of the name %j there are none, whatever is asked of them', (name) => {
    withTap((interfaces) => {
      const asked = [interfaces.up(name), interfaces.setMtu(name, 1_500), interfaces.setAddress(name, GUEST, MASK)];
      asked.push(interfaces.setMac(name, Uint8Array.of(2, 0, 0, 0, 0, 1)));
      expect(asked).toEqual(Array(4).fill(-Errno.ENODEV));
    });
  });

  test('of a name that is too long there are none: it is not cut off to that of another', () => {
    inNewNetwork(() => {
      const { fd } = openTap('fifteen-letters');
      const interfaces = new Interfaces();
      expect(fd).toBeGreaterThan(0);
      expect(interfaces.up('fifteen-letters')).toBe(0);
      expect(interfaces.setMtu('fifteen-letters-and-more', 576)).toBe(-Errno.ENODEV);
      expect(openTap('a-name-of-more-than-fifteen')).toMatchObject({ fd: -Errno.EINVAL, step: 'TUNSETIFF' });
      interfaces.close();
      libc.close(fd);
    });
  });
});

describe.skipIf(why !== null)(`a TAP${why === null ? '' : `: skipped, ${why}`}`, () => {
  test('is one with virtio headers, as large as they are wanted, and offloads', () => {
    withTap((_, fd) => {
      const wanted = Tun.TAP | Tun.NO_PI | Tun.VNET_HDR;
      expect(tapFlags(fd) & wanted).toBe(wanted);
      expect([setHeaderSize(fd, 10), setHeaderSize(fd, 12)]).toEqual([0, 0]);
      expect(setHeaderSize(fd, 9)).toBe(-Errno.EINVAL);
      expect(setOffload(fd, Tun.OFFLOAD_CHECKSUM | Tun.OFFLOAD_TSO4 | Tun.OFFLOAD_TSO6)).toBe(0);
      expect(setOffload(fd, 0)).toBe(0);
      expect(setOffload(fd, 0x4000_0000)).toBe(-Errno.EINVAL);
    });
  });

  test('gets the next free name of a pattern', () => {
    inNewNetwork(() => {
      const taps = [openTap('tap%d'), openTap('tap%d')];
      expect(taps.map(({ name }) => name)).toEqual(['tap0', 'tap1']);
      for (const { fd } of taps) libc.close(fd);
    });
  });

  test('whose name is taken is none', () => {
    withTap(() => {
      expect(openTap('t0')).toEqual({ fd: -Errno.EBUSY, step: 'TUNSETIFF', name: 't0' });
      expect(openTap('lo')).toMatchObject({ fd: -Errno.EINVAL, step: 'TUNSETIFF' });
    });
  });

  test('what is no TAP says so', () => {
    const fd = libc.eventfd(0, 0);
    expect(tapFlags(fd)).toBe(-Errno.ENOTTY);
    libc.close(fd);
    expect([tapFlags(fd), setHeaderSize(fd, 10), setOffload(fd, 0)]).toEqual(Array(3).fill(-Errno.EBADF));
  });
});
