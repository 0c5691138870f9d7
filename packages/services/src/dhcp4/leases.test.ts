import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeNet, format4, ip } from '../../test/fake-net.ts';
import { LeaseTable } from './leases.ts';
import { Pool } from './pool.ts';

const MAC = new Uint8Array(6);
const HOUR = 3_600_000;

function table({ start = '10.0.2.15', cidr = '10.0.2.0/24', limit = 4_096 } = {}): LeaseTable {
  return new LeaseTable(new Pool(new FakeNet({ cidr }).network, ip(start)), limit);
}

/** Offers, then binds until `until`. Returns the address. */
function bind(t: LeaseTable, client: string, now: number, until: number, wanted: string = '0.0.0.0'): string | null {
  const offered = t.offer(client, MAC, ip(wanted), now);
  if (offered === null) return null;
  expect(t.bind(client, MAC, offered.address, now, until)).not.toBeNull();
  return format4(offered.address);
}

describe('which address is given', () => {
  it('one that nobody ever had, while there are any', () => {
    const t = table();
    bind(t, 'a', 0, HOUR);
    expect(bind(t, 'b', 2 * HOUR, 3 * HOUR)).toBe('10.0.2.16');
  });

  it('then the one that has been free for longest', () => {
    const t = table({ start: '10.0.2.252' });
    bind(t, 'a', 0, 3 * HOUR);
    bind(t, 'b', 0, 1 * HOUR);
    bind(t, 'c', 0, 2 * HOUR);
    expect([1, 2].map((n) => bind(t, `new ${n}`, 4 * HOUR, 9 * HOUR))).toEqual(['10.0.2.253', '10.0.2.254']);
    expect(bind(t, 'a', 4 * HOUR, 9 * HOUR)).toBe('10.0.2.252');
    expect(bind(t, 'b', 4 * HOUR, 9 * HOUR)).toBeNull();
  });

  it('an offer that was never taken before a lease that has ended', () => {
    const t = table({ start: '10.0.2.253' });
    bind(t, 'a', 0, 1_000);
    t.offer('b', MAC, 0, 1_000);
    expect(bind(t, 'c', HOUR, 2 * HOUR)).toBe('10.0.2.254');
  });

  it('the lowest one again after its offer was withdrawn', () => {
    const t = table();
    for (const client of ['a', 'b', 'c']) t.offer(client, MAC, 0, 0);
    t.withdraw('b');
    expect([bind(t, 'd', 0, HOUR), bind(t, 'e', 0, HOUR)]).toEqual(['10.0.2.16', '10.0.2.18']);
  });
});

describe('the cap', () => {
  it('holds: live leases stay, and nobody new gets in', () => {
    const t = table({ limit: 2 });
    bind(t, 'a', 0, HOUR);
    bind(t, 'b', 0, HOUR);
    expect(bind(t, 'c', 1, HOUR, '10.0.2.99')).toBeNull();
    expect(t.bind('c', MAC, ip('10.0.2.99'), 1, HOUR)).toBeNull();
    expect(t.list()).toHaveLength(2);
  });

  it('moves on to the longest expired', () => {
    const t = table({ limit: 2 });
    bind(t, 'a', 0, HOUR);
    bind(t, 'b', 0, 2 * HOUR);
    expect(bind(t, 'c', 3 * HOUR, 4 * HOUR, '10.0.2.99')).toBe('10.0.2.99');
    expect(t.list().map((l) => l.client)).toEqual(['b', 'c']);
  });

  it('lets a client change its address at the cap', () => {
    const t = table({ limit: 1 });
    bind(t, 'a', 0, HOUR);
    expect(t.bind('a', MAC, ip('10.0.2.99'), 2 * HOUR, 3 * HOUR)).not.toBeNull();
    expect(t.list().map((l) => format4(l.address))).toEqual(['10.0.2.99']);
  });
});

describe('list()', () => {
  it('gives copies', () => {
    const t = table();
    bind(t, 'a', 0, HOUR);
    t.list()[0]!.mac.fill(9);
    expect(t.list()[0]!.mac).toEqual(MAC);
  });

  it('tells of an offer, even when its client had the address before', () => {
    const t = table();
    bind(t, 'a', 0, HOUR);
    t.offer('a', MAC, 0, 2 * HOUR);
    expect(t.list()).toMatchObject([{ state: 'offered', until: 2 * HOUR + 60_000 }]);
  });

  it.each<[string, (t: LeaseTable, mac: Uint8Array) => unknown]>([
    ['offer', (t, mac) => t.offer('a', mac, 0, 1)],
    ['lease', (t, mac) => t.bind('a', mac, ip('10.0.2.15'), 1, HOUR)],
  ])('tells with which card a client was last seen: %s', (_what, see) => {
    const t = table();
    const mac = MAC.slice();
    t.offer('a', mac, 0, 0);
    mac.fill(7); // lent
    expect(t.list()[0]!.mac).toEqual(MAC);
    see(t, mac);
    expect(t.list()[0]!.mac).toEqual(mac);
  });
});

interface Call {
  readonly what: 'offer' | 'bind' | 'withdraw' | 'release' | 'decline';
  readonly client: string;
  readonly address: number;
  readonly later: number;
  readonly lasts: number;
}

/** A table and, beside it, who was promised what until when, as its clients would tell. */
class Audit {
  readonly table: LeaseTable;
  readonly #promised: Map<number, { readonly client: string; readonly until: number }> = new Map();
  #now: number = 0;

  constructor(checked: LeaseTable) {
    this.table = checked;
  }

  step(call: Call): void {
    this.#now += call.later;
    if (call.what === 'offer' || call.what === 'bind') this.#give(call);
    else if (call.what === 'withdraw') this.#withdraw(call.client);
    else this.#giveBack(call.what, call);
    this.#compare();
  }

  #give({ what, client, address, lasts }: Call): void {
    const now = this.#now;
    const t = this.table;
    const got = what === 'offer' ? t.offer(client, MAC, address, now) : t.bind(client, MAC, address, now, now + lasts);
    if (got === null) return;
    const holder = this.#promised.get(got.address);
    expect(holder === undefined || holder.until <= now || holder.client === client).toBe(true);
    expect([got.client, got.until > now]).toEqual([client, true]);
    for (const [held, p] of this.#promised) if (p.client === client) this.#promised.delete(held);
    this.#promised.set(got.address, { client, until: got.until });
  }

  #withdraw(client: string): void {
    const offered = this.table.list().find((l) => l.client === client && l.state === 'offered');
    this.table.withdraw(client);
    if (offered !== undefined) this.#promised.delete(offered.address);
  }

  #giveBack(what: 'release' | 'decline', { client, address }: Call): void {
    const held = this.#promised.get(address);
    if (!this.table[what](client, address, this.#now)) return;
    expect(held?.client).toBe(client);
    if (what === 'release') this.#promised.delete(address);
    else this.#promised.set(address, { client: 'nobody', until: this.#now + 600_000 });
  }

  #compare(): void {
    const rows = this.table.list();
    for (const [held, p] of this.#promised) {
      if (p.until > this.#now) expect(rows.find((l) => l.address === held)?.until).toBe(p.until);
    }
    const owners = rows.filter((l) => l.client !== '').map((l) => l.client);
    expect(new Set(owners).size).toBe(owners.length);
  }
}

describe('whatever the order of calls', () => {
  const call: fc.Arbitrary<Call> = fc.record({
    what: fc.constantFrom('offer', 'bind', 'withdraw', 'release', 'decline'),
    client: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    address: fc.integer({ min: 0, max: 7 }).map((n) => ip('10.0.2.0') + n),
    later: fc.constantFrom(0, 1, 30_000, 61_000, 700_000),
    lasts: fc.constantFrom(60_000, 600_000, Infinity),
  });

  it.each([1, 3, 100])('no address is given twice, none is ours, %d rows at most', (limit) => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
        const audit = new Audit(table({ cidr: '10.0.2.0/29', start: '10.0.2.1', limit }));
        for (const c of calls) {
          audit.step(c);
          const given = audit.table.list().map((l) => l.address & 0xff);
          expect(given.length).toBeLessThanOrEqual(limit);
          expect(given.every((n) => [1, 4, 5, 6].includes(n))).toBe(true); // not the gateway, not the nameserver
        }
      }),
      { numRuns: 200 },
    );
  });
});
