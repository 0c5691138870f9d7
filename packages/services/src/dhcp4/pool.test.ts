import { ConfigError } from '@reslirp/stack';
import { describe, expect, it } from 'vitest';
import { FakeNet, ip } from '../../test/fake-net.ts';
import { Pool } from './pool.ts';

const { network } = new FakeNet({ cidr: '10.0.2.0/24' });

describe('a pool', () => {
  it.each([
    ['10.0.2.1', 252],
    ['10.0.2.3', 251],
    ['10.0.2.4', 251],
    ['10.0.2.254', 1],
  ])('from %s has %d addresses', (start, size) => {
    const pool = new Pool(network, ip(start));
    const all = Array.from({ length: 512 }, (_, n) => ip('10.0.1.128') + n).filter((a) => pool.has(a));
    expect([pool.size, all.length]).toEqual([size, size]);
  });

  it('of our own addresses alone is a ConfigError', () => {
    const crowded = { ...network, gateway4: ip('10.0.2.254'), nameserver4: ip('10.0.2.253') };
    expect(() => new Pool(crowded, ip('10.0.2.253'))).toThrow(ConfigError);
    expect(new Pool(crowded, ip('10.0.2.252')).size).toBe(1);
  });

  it('counts an address once that is gateway and nameserver', () => {
    const one = { ...network, nameserver4: network.gateway4 };
    expect(new Pool(one, ip('10.0.2.1')).size).toBe(253);
  });
});
