import { Endpoint } from '@reslirp/stack/endpoint';
import { describe, expect, it } from 'vitest';
import { A, Bench } from '../../test/dns-bench.ts';
import * as M from '../../test/dns-message.ts';
import type { GuestNames } from './names.ts';

const guests: GuestNames = {
  addressesOf: (name) => (['vm', 'wpad', 'localhost'].includes(name) ? [Endpoint.parse('10.0.2.15')!] : []),
  nameOf: (e) => (e.address() === '10.0.2.15' ? 'vm' : null),
};

function bench(): Bench {
  const hosts = [
    { name: 'db.Example', addresses: ['192.0.2.9', '2001:db8::9'] },
    { name: 'db.example', addresses: ['192.0.2.10'] },
  ];
  return new Bench([A], { hosts, guests, domain: 'lan.example', domains: [{ domain: 'void.example', servers: [] }] });
}

/** Rcode, and the data of the answers; 'elsewhere' when a resolver is asked. */
function said(name: string, type: number): string {
  const b = bench();
  const [sent] = b.ask(M.query(1, name, { type }));
  if (sent === undefined) return b.asked.length === 1 ? 'elsewhere' : 'nothing';
  const { bytes } = sent;
  const at = 12 + M.question(name, type).length;
  const data: string[] = [];
  let p = at;
  for (let left = bytes[7]!; left > 0; left--) {
    const size = bytes[p + 11]!;
    data.push([...bytes.subarray(p + 12, p + 12 + size)].join('.'));
    p += 12 + size;
  }
  const isNegative = bytes[9] === 1 && bytes[p + 3] === M.SOA;
  return [M.rcodeOf(bytes), ...data, ...(isNegative ? ['SOA'] : [])].join(' ');
}

const labels = (name: string): string => M.question(name, 0).slice(0, -4).join('.');

describe('a name of our own', () => {
  it.each([
    ['db.example', M.A, '0 192.0.2.9 192.0.2.10'],
    ['DB.eXample', M.A, '0 192.0.2.9 192.0.2.10'],
    ['db.example', M.AAAA, '0 32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.9'],
    ['db.example', M.TXT, '0 SOA'],
    ['9.2.0.192.in-addr.arpa', M.PTR, `0 ${labels('db.example')}`],
    ['other.example', M.A, 'elsewhere'],
    ['gateway.reslirp.internal', M.A, '0 10.0.2.2'],
    ['host.reslirp.internal', M.A, '0 10.0.2.2'],
    ['nameserver.reslirp.internal', M.A, '0 10.0.2.3'],
    ['host.docker.internal', M.A, '0 10.0.2.2'],
    ['host.containers.internal', M.AAAA, '0 253.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2'],
    ['host.containers.internal', M.TXT, '0 SOA'],
    ['nobody.reslirp.internal', M.A, '3 SOA'],
    ['reslirp.internal', M.A, '0 SOA'],
    ['2.2.0.10.in-addr.arpa', M.PTR, `0 ${labels('gateway.reslirp.internal')} ${labels('host.reslirp.internal')}`],
    ['77.2.0.10.in-addr.arpa', M.PTR, '3 SOA'],
    ['1.1.168.192.in-addr.arpa', M.PTR, 'elsewhere'],
    ['x.in-addr.arpa', M.PTR, 'elsewhere'],
    ['a.void.example', M.A, '3 SOA'],
  ])('%s, type %d: %s', (name, type, what) => {
    expect(said(name, type)).toBe(what);
  });
});

describe('a guest', () => {
  it.each([
    ['vm', '0 10.0.2.15'],
    ['vm.reslirp.internal', '0 10.0.2.15'],
    ['VM.lan.example', '0 10.0.2.15'],
    ['x.vm.lan.example', 'elsewhere'],
    ['other', 'elsewhere'],
    ['wpad', 'elsewhere'],
    ['wpad.reslirp.internal', '3 SOA'],
  ])('is %s: %s', (name, what) => {
    expect(said(name, M.A)).toBe(what);
  });

  it('has its name behind its address', () => {
    expect(said('15.2.0.10.in-addr.arpa', M.PTR)).toBe(`0 ${labels('vm.reslirp.internal')}`);
  });
});

describe('names that mean the same everywhere', () => {
  it.each([
    ['localhost', M.A, '0 127.0.0.1'],
    ['x.localhost', M.AAAA, '0 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1'],
    ['a.invalid', M.A, '3 SOA'],
    ['a.onion', M.A, '3 SOA'],
    ['_dns.resolver.arpa', 64, '0 SOA'],
    ['printer.local', M.A, 'elsewhere'],
  ])('%s, type %d: %s', (name, type, what) => {
    expect(said(name, type)).toBe(what);
  });
});

it('the longest domain that fits says who is asked', () => {
  const servers = (n: number): string[] => [`192.0.2.${n}`];
  const domains = [
    { domain: 'example', servers: servers(11) },
    { domain: 'corp.example', servers: servers(12) },
  ];
  const b = new Bench([A], { domains });
  for (const name of ['a.example', 'x.corp.example', 'corp.example', 'xcorp.example', 'example.org'])
    b.ask(M.query(1, name));
  expect(b.asked).toEqual(['192.0.2.11:53', '192.0.2.12:53', '192.0.2.12:53', '192.0.2.11:53', A]);
});

describe('names that come and go while it runs', () => {
  /** Rcode and the data's last number; '-' for none. */
  const ask = (b: Bench, name: string, type: number = M.A): string => {
    const [sent] = b.ask(M.query(1, name, { type }));
    return sent === undefined
      ? 'elsewhere'
      : `${M.rcodeOf(sent.bytes)} ${sent.bytes[7] === 0 ? '-' : sent.bytes.at(-1)}`;
  };

  it('a name is set, replaced and removed, and its addresses are found the other way round', () => {
    const b = bench();
    b.dns.setName('New.Example.', ['192.0.2.50']);
    expect(ask(b, 'new.example')).toBe('0 50');
    b.dns.setName('new.example', ['192.0.2.51']);
    expect(ask(b, 'new.example')).toBe('0 51');
    expect(ask(b, '50.2.0.192.in-addr.arpa', M.PTR)).toBe('elsewhere');
    expect(ask(b, '51.2.0.192.in-addr.arpa', M.PTR)).toMatch(/^0 /);
    expect(b.dns.names()).toContainEqual({ name: 'new.example', addresses: ['192.0.2.51'], by: 'request' });
    expect([b.dns.removeName('new.example'), b.dns.removeName('new.example')]).toEqual([true, false]);
    expect(ask(b, 'new.example')).toBe('elsewhere');
    expect(ask(b, '51.2.0.192.in-addr.arpa', M.PTR)).toBe('elsewhere');
  });

  it('one of two names of an address goes: the other stays', () => {
    const b = bench();
    b.dns.setName('other.example', ['192.0.2.9']);
    b.dns.removeName('other.example');
    expect(ask(b, '9.2.0.192.in-addr.arpa', M.PTR)).toMatch(/^0 /);
  });

  it('configured names may go, the network’s own may not, and what is no name or address is refused', () => {
    const b = bench();
    expect(b.dns.removeName('db.example')).toBe(true);
    expect(ask(b, 'db.example')).toBe('elsewhere');
    const own = /the network's own/;
    expect(() => b.dns.removeName('host.docker.internal')).toThrow(own);
    expect(() => b.dns.setName('gateway.reslirp.internal', ['192.0.2.1'])).toThrow(own);
    expect(() => b.dns.setName('a b', ['192.0.2.1'])).toThrow(/no name/);
    expect(() => b.dns.setName('a', ['192.0.2'])).toThrow(/no address/);
    expect(ask(b, 'gateway.reslirp.internal')).toBe('0 2');
  });

  it('1,024 and no more; what is there can still be changed', () => {
    const b = bench();
    for (let i = 0; i < 1_023; i++) b.dns.setName(`n${i}.example`, ['192.0.2.1']);
    expect(() => b.dns.setName('more.example', ['192.0.2.1'])).toThrow(/1024 already/);
    b.dns.setName('n7.example', ['192.0.2.2']);
    b.dns.removeName('n8.example');
    b.dns.setName('more.example', ['192.0.2.1']);
  });

  it('answers of resolvers are forgotten', () => {
    const b = new Bench([A], { cache: true });
    b.ask(M.query(1, 'example.org'));
    const address = M.record(M.A, 60, [192, 0, 2, 7]);
    b.socket.receive(A, M.response(b.forwarded, { answers: [address] }));
    expect([b.count('cached'), b.dns.forget(), b.count('cached'), b.dns.forget()]).toEqual([1, 1, 0, 0]);
  });
});
