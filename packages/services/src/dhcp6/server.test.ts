import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Client6, GATEWAY, ia, pack, u32 } from '../../test/dhcp6-client.ts';
import { FakeNet } from '../../test/fake-net.ts';
import { type Dhcp6Server, dhcp6Server } from './server.ts';
import type { Dhcp6Config } from './settings.ts';

const [SOLICIT, REQUEST, CONFIRM, RENEW, REBIND, RELEASE, DECLINE, INFORM] = [1, 3, 4, 5, 6, 8, 9, 11] as const;
const HOUR = 3_600_000;
const FIRST = 'IA 1 [fd00::1000 86400]';

function bench(config: Dhcp6Config = { stateful: true }): {
  net: FakeNet;
  server: Dhcp6Server;
  client: (n: number) => Client6;
} {
  const net = new FakeNet();
  const server = dhcp6Server(config);
  server.start(net);
  return { net, server, client: (n) => new Client6(net, server, n) };
}

const asks = (...codes: readonly number[]): readonly [number, readonly number[]] => [6, codes.flatMap((c) => [0, c])];

describe('RFC 8415 18.3.6: information', () => {
  it('is what was asked for, and no more', () => {
    const boot = { bootFile: '/x', bootFileParameters: ['a', 'bc'] };
    const { client } = bench({ search: ['a.example', 'b'], ntp: ['fd00::5'], ...boot });
    expect(client(1).say(INFORM, [])).toEqual(['7']);
    expect(client(1).say(INFORM, [asks(23, 24, 32)])).toEqual(['7 dns fd00::3 24:.a.example..b. 32:..Q.']);
    expect(client(1).say(INFORM, [asks(59, 60)])).toEqual(['7 59:tftp://[fd00::2]/x 60:..a..bc']);
    expect(client(1).say(INFORM, [asks(31, 56)], GATEWAY)[0]).toMatch(/^7 31:.{16} 56:.{20}$/);
  });

  it('of a file that has a URL is that', () => {
    const { client } = bench({ bootFile: 'http://192.0.2.1/boot.efi' });
    expect(client(1).say(INFORM, [asks(59)])).toEqual(['7 59:http://192.0.2.1/boot.efi']);
  });

  it('is not for who wants an address, or speaks to another server', () => {
    const { client, server } = bench({});
    expect([client(1).say(INFORM, [ia(1)]), client(1).say(INFORM, [[2, [0, 3, 0, 1, 9]]])]).toEqual([[], []]);
    expect(client(1).say(SOLICIT, [ia(1)])).toEqual([]);
    expect(server.stats()).toMatchObject({ malformed: 1, otherServer: 1, stateless: 1, replies: 0 });
  });
});

describe('RFC 8415 18.3: an address', () => {
  it('is advertised, promised, renewed, rebound, and given back', () => {
    const { net, client, server } = bench();
    const c = client(1);
    expect(c.say(SOLICIT, [ia(1), asks(23)])).toEqual([`2 7:. ${FIRST} dns fd00::3`]);
    expect(net.learned).toEqual([]);
    expect(c.say(REQUEST, [ia(1, 'fd00::1000')])).toEqual([`7 ${FIRST}`]);
    expect(net.learned).toEqual(['fd00::1000 02:00:00:00:00:09']);
    net.now += 12 * HOUR;
    expect(c.say(RENEW, [ia(1, 'fd00::1000', 'fd00::7777')])).toEqual(['7 IA 1 [fd00::1000 86400 fd00::7777 0]']);
    expect(c.say(REBIND, [ia(1, 'fd00::1000')])).toEqual([`7 ${FIRST}`]);
    expect(server.leases()[0]).toMatchObject({ address: 'fd00::1000', state: 'bound', until: net.now + 24 * HOUR });
    expect(c.say(RELEASE, [ia(1, 'fd00::1000')])).toEqual(['7 status 0']);
    expect(c.say(RELEASE, [ia(2, 'fd00::1000')])).toEqual(['7 status 0 IA 2 [status 3]']);
    expect(server.leases()[0]!.state).toBe('released');
  });

  it('is one for each association, the one wished for when that is free', () => {
    const { client } = bench();
    expect(client(1).say(REQUEST, [ia(1), ia(2, 'fd00::2000')])).toEqual([`7 ${FIRST} IA 2 [fd00::2000 86400]`]);
    expect(client(2).say(REQUEST, [ia(1, 'fd00::2000')])).toEqual(['7 IA 1 [fd00::1001 86400]']);
  });

  it('is had at once with Rapid Commit', () => {
    const { client, server } = bench();
    expect(client(1).say(SOLICIT, [ia(1), [14, []]])).toEqual([`7 14: ${FIRST}`]);
    expect(server.leases()[0]!.state).toBe('bound');
  });

  it('of before a restart is kept, unless it is another’s or of elsewhere', () => {
    const { client } = bench();
    expect(client(1).say(RENEW, [ia(1, 'fd00::1234')])).toEqual(['7 IA 1 [fd00::1234 86400]']);
    expect(client(2).say(RENEW, [ia(1, 'fd00::1234')])).toEqual(['7 IA 1 [status 3]']);
    expect(client(2).say(REBIND, [ia(1, '2001:db8::1')])).toEqual(['7 IA 1 [2001:db8::1 0]']);
    expect(client(2).say(REQUEST, [ia(1, '2001:db8::1')])).toEqual(['7 IA 1 [status 4]']);
    expect(client(2).say(REQUEST, [ia(1, 'fd00::2')])).toEqual(['7 IA 1 [fd00::1000 86400]']);
  });

  it('is confirmed when it is of this network', () => {
    const { client } = bench();
    expect(client(1).say(CONFIRM, [ia(1, 'fd00::5')])).toEqual(['7 status 0']);
    expect(client(1).say(CONFIRM, [ia(1, 'fd00::5', '2001:db8::1')])).toEqual(['7 status 4']);
    expect(client(1).say(CONFIRM, [ia(1)])).toEqual([]);
  });

  it('that is declined rests for ten minutes', () => {
    const { net, client } = bench({ stateful: true, maxLeases: 1 });
    client(1).say(REQUEST, [ia(1)]);
    expect(client(1).say(DECLINE, [ia(1, 'fd00::1000')])).toEqual(['7 status 0']);
    expect(client(1).say(SOLICIT, [ia(1)])).toEqual(['2 7:. IA 1 [status 2]']);
    net.now += 600_000;
    expect(client(1).say(SOLICIT, [ia(1)])).toEqual([`2 7:. ${FIRST}`]);
  });

  it('is all there is: no temporary ones, no prefixes', () => {
    const pd = [...u32(9), ...u32(0), ...u32(0)];
    expect(
      bench()
        .client(1)
        .say(SOLICIT, [
          [25, pd],
          [4, u32(7)],
        ]),
    ).toEqual(['2 7:. TA [status 2] PD [status 6]']);
  });
});

it('RFC 8415 18.4: what comes to one server alone', () => {
  const { client, server } = bench();
  for (const type of [REQUEST, RENEW, RELEASE, DECLINE])
    expect(client(1).say(type, [ia(1)], GATEWAY)).toEqual(['7 status 5']);
  for (const type of [SOLICIT, CONFIRM, REBIND]) expect(client(1).say(type, [ia(1)], GATEWAY)).toEqual([]);
  expect(server.stats()['unicast']).toBe(3);
});

it('of any number of clients, as many are remembered as have room', () => {
  const { client, server } = bench({ stateful: true, maxLeases: 8 });
  for (let n = 0; n < 100; n++) client(n).say(SOLICIT, [ia(1)]);
  expect(server.leases()).toHaveLength(8);
  expect(server.stats()).toMatchObject({ advertises: 100, full: 92 });
});

it('relayed messages are counted, and not answered', () => {
  const { client, server } = bench();
  expect(client(1).raw(Uint8Array.of(12, 0, ...new Array(32).fill(0)))).toEqual([]);
  expect(server.stats()['relayed']).toBe(1);
});

it('any bytes are answered well, or counted once', () => {
  const nested = fc.letrec<{ options: number[] }>((tie) => ({
    options: fc
      .array(
        fc.tuple(
          fc.constantFrom(1, 2, 3, 4, 5, 6, 13, 14, 25, 26, 59),
          fc.oneof({ maxDepth: 3 }, fc.array(fc.nat(255), { maxLength: 30 }), tie('options')),
        ),
        { maxLength: 5 },
      )
      .map(pack),
  })).options;
  const message = fc.tuple(fc.nat(14), nested, fc.nat(400), fc.boolean()).map(([type, options, cut, own]) => {
    const client = own ? pack([[1, [0, 3, 0, 1, 5]]]) : [];
    return Uint8Array.from([type, 1, 2, 3, ...client, ...options]).subarray(0, cut);
  });
  fc.assert(
    fc.property(message, fc.boolean(), (bytes, isGroup) => {
      const { client, server } = bench();
      const answers = client(1).raw(bytes, isGroup ? undefined : GATEWAY).length;
      const { advertises, replies, malformed, relayed, otherServer, stateless, unicast } = server.stats();
      expect(advertises! + replies!).toBe(answers);
      expect(answers + malformed! + relayed! + otherServer! + stateless! + unicast!).toBe(1);
    }),
    { numRuns: 400 },
  );
});

it.each<[string, Dhcp6Config]>([
  ['leaseSeconds', { leaseSeconds: 10 }],
  ['nameservers[0]', { nameservers: ['10.0.2.3'] }],
  ['search[0]', { search: ['a..b'] }],
  ['bootFile', { bootFile: 'ä' }],
])('%s that cannot be', (field, config) => {
  expect(() => dhcp6Server(config)).toThrow(expect.objectContaining({ field }));
});
