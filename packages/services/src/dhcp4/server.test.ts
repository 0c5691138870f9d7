import { ConfigError } from '@reslirp/stack';
import { describe, expect, it } from 'vitest';
import { address, Client, DECLINE, DISCOVER, INFORM, RELEASE, REQUEST, read, seconds } from '../../test/dhcp-client.ts';
import { FakeNet } from '../../test/fake-net.ts';
import { type Dhcp4Server, dhcp4Server } from './server.ts';
import type { Dhcp4Config } from './settings.ts';

const DAY = 86_400_000;

interface Bench {
  readonly net: FakeNet;
  readonly server: Dhcp4Server;
  client(n: number, id?: readonly number[]): Client;
}

function bench(config: Dhcp4Config = {}, cidr?: string): Bench {
  const net = new FakeNet(cidr === undefined ? {} : { cidr });
  const server = dhcp4Server(config);
  server.start(net);
  return { net, server, client: (n, id) => new Client(net, server, n, id ?? null) };
}

function mac(n: number): string {
  return `02:00:00:00:00:0${n}`;
}

describe('DISCOVER, RFC 2131 4.3.1', () => {
  it('gets an offer of the first address', () => {
    expect(bench().client(1).discover()).toEqual([`OFFER 10.0.2.15 > 10.0.2.15:68 ${mac(1)}`]);
  });

  it('gets the same offer again, each client its own', () => {
    const { client } = bench();
    const lines = [1, 2, 1].map((n) => client(n).discover()[0]?.slice(0, 15));
    expect(lines).toEqual(['OFFER 10.0.2.15', 'OFFER 10.0.2.16', 'OFFER 10.0.2.15']);
  });

  it.each([
    ['free', '10.0.2.77', '10.0.2.77'],
    ['another client’s', '10.0.2.15', '10.0.2.16'],
    ['below the pool', '10.0.2.14', '10.0.2.16'],
    ['the gateway’s', '10.0.2.2', '10.0.2.16'],
    ['the broadcast address', '10.0.2.255', '10.0.2.16'],
    ['of another network', '192.168.1.5', '10.0.2.16'],
  ])('asking for one that is %s', (_what, wanted, offered) => {
    const { client } = bench();
    client(1).bind();
    expect(client(2).discover(wanted)).toEqual([`OFFER ${offered} > ${offered}:68 ${mac(2)}`]);
  });

  it('keeps a lease that its client forgot', () => {
    const { net, server, client } = bench();
    client(1).bind('10.0.2.40');
    net.after(server, 1_000);
    expect(client(1).discover('10.0.2.41')).toEqual([`OFFER 10.0.2.40 > 10.0.2.40:68 ${mac(1)}`]);
    expect(server.leases()[0]).toMatchObject({ state: 'bound', until: 1_000 + DAY });
  });

  it('gives as many as there are, then is silent and counts', () => {
    const { server, client } = bench({ start: '10.1.0.10' }, '10.1.0.0/22');
    const pool = 0x3fe - 10 + 1;
    const given = new Set(Array.from({ length: pool }, (_, n) => client(n).discover()[0]?.split(' ')[1]));
    expect([given.size, given.has(undefined)]).toEqual([pool, false]);
    expect(client(pool).discover()).toEqual([]);
    expect(server.stats()).toMatchObject({ offers: pool, full: 1 });
  });

  it('makes an offer that lapses after a minute', () => {
    const { net, server, client } = bench({ start: '10.0.2.254' });
    client(1).discover();
    net.after(server, 59_999);
    expect(client(2).discover()).toEqual([]);
    net.after(server, 1);
    expect(client(2).bind()).toBe('10.0.2.254');
    expect(client(1).selecting('10.0.2.254')).toEqual(['NAK 0.0.0.0 > 255.255.255.255:68 everyone']);
  });
});

describe('REQUEST, RFC 2131 4.3.2', () => {
  const NAK = ['NAK 0.0.0.0 > 255.255.255.255:68 everyone'];
  const ack = (ip: string, n = 1): string[] => [`ACK ${ip} > ${ip}:68 ${mac(n)}`];

  it.each<[string, (c: Client) => string[], string[]]>([
    ['SELECTING, the offer', (c) => c.selecting('10.0.2.15'), ack('10.0.2.15')],
    ['SELECTING, another address', (c) => c.selecting('10.0.2.20'), NAK],
    ['SELECTING, another server', (c) => c.selecting('10.0.2.15', '10.0.2.9'), []],
    ['no address', (c) => c.say(REQUEST), []],
    ['no address, our name', (c) => c.say(REQUEST, { options: address(54, '10.0.2.2') }), []],
  ])('after an offer: %s', (_what, say, heard) => {
    const c = bench().client(1);
    c.discover();
    expect(say(c)).toEqual(heard);
  });

  it.each<[string, (c: Client) => string[], string[]]>([
    ['INIT-REBOOT', (c) => c.initReboot('10.0.2.15'), ack('10.0.2.15')],
    ['INIT-REBOOT, moved here from another network', (c) => c.initReboot('192.168.1.5'), NAK],
    ['INIT-REBOOT, not its own', (c) => c.initReboot('10.0.2.99'), NAK],
    ['INIT-REBOOT, our address', (c) => c.initReboot('10.0.2.2'), NAK],
    ['RENEWING', (c) => c.renew('10.0.2.15'), ack('10.0.2.15')],
    ['RENEWING, not its own', (c) => c.renew('10.0.2.99'), NAK],
    [
      'RENEWING, with another wish',
      (c) => c.renew('10.0.2.15', { options: address(50, '10.0.2.99') }),
      ack('10.0.2.15'),
    ],
    ['REBINDING', (c) => c.rebind('10.0.2.15'), ack('10.0.2.15')],
    ['REBINDING, not its own', (c) => c.rebind('10.0.2.99'), NAK],
  ])('once bound: %s', (_what, say, heard) => {
    const c = bench().client(1);
    c.bind();
    expect(say(c)).toEqual(heard);
  });

  it.each<[string, (c: Client) => string[], string[]]>([
    ['INIT-REBOOT, free', (c) => c.initReboot('10.0.2.50'), ack('10.0.2.50', 2)],
    ['INIT-REBOOT, taken', (c) => c.initReboot('10.0.2.15'), NAK],
    ['RENEWING, free', (c) => c.renew('10.0.2.50'), ack('10.0.2.50', 2)],
    ['RENEWING, taken', (c) => c.renew('10.0.2.15'), NAK],
  ])('of a client that we have no record of, after a restart: %s', (_what, say, heard) => {
    const { client } = bench();
    client(1).bind();
    expect(say(client(2))).toEqual(heard);
  });

  it('to another server frees our offer at once', () => {
    const { server, client } = bench({ start: '10.0.2.254' });
    client(1).discover();
    client(1).selecting('10.0.2.9', '10.0.2.9');
    expect(client(2).bind()).toBe('10.0.2.254');
    expect(server.stats()).toMatchObject({ otherServer: 1 });
  });

  it('to another server leaves a lease as it is', () => {
    const { server, client } = bench();
    client(1).bind();
    client(1).selecting('10.0.2.9', '10.0.2.9');
    expect(server.leases()).toMatchObject([{ state: 'bound' }]);
  });

  it('that is ACKed tells the stack where the client is; no other does', () => {
    const { net, client } = bench();
    client(1).discover();
    client(1).selecting('10.0.2.99');
    expect(net.learned).toEqual([]);
    client(1).selecting('10.0.2.15');
    expect(net.learned).toEqual([`10.0.2.15 ${mac(1)}`]);
  });

  it('that renews moves the end of the lease', () => {
    const { net, server, client } = bench({ leaseSeconds: 600 });
    client(1).bind();
    net.after(server, 300_000);
    client(1).renew('10.0.2.15');
    net.after(server, 599_999);
    expect(client(2).initReboot('10.0.2.15')).toEqual(NAK);
    net.after(server, 1);
    expect(client(2).initReboot('10.0.2.15')).toEqual(ack('10.0.2.15', 2));
  });
});

describe('RELEASE, RFC 2131 4.3.4', () => {
  it('is not answered, and gives the address back to the same client', () => {
    const { server, client } = bench();
    client(1).bind();
    expect(client(1).release('10.0.2.15')).toEqual([]);
    expect(server.leases()).toMatchObject([{ state: 'released', until: 1_000 }]);
    expect(client(2).bind()).toBe('10.0.2.16');
    expect(client(1).bind()).toBe('10.0.2.15');
  });

  it.each<[string, (b: Bench) => unknown]>([
    ['another client', ({ client }) => client(2).release('10.0.2.15')],
    ['the owner, of another address', ({ client }) => client(1).release('10.0.2.16')],
    ['the owner, to another server', ({ client }) => client(1).release('10.0.2.15', '10.0.2.9')],
  ])('of %s changes nothing', (_what, act) => {
    const b = bench();
    b.client(1).bind();
    act(b);
    expect(b.server.leases()).toMatchObject([{ address: 0x0a00_020f, state: 'bound' }]);
  });
});

describe('DECLINE, RFC 2131 4.3.3', () => {
  it('sets the address aside for ten minutes', () => {
    const { net, server, client } = bench({ start: '10.0.2.254' });
    client(1).bind();
    expect(client(1).decline('10.0.2.254')).toEqual([]);
    net.after(server, 599_999);
    expect([client(1).discover(), client(2).discover('10.0.2.254')]).toEqual([[], []]);
    net.after(server, 1);
    expect(client(2).bind()).toBe('10.0.2.254');
    expect(server.stats()).toMatchObject({ declines: 1, full: 2 });
  });

  it('sends its client to another address', () => {
    const { client } = bench();
    client(1).bind();
    client(1).decline('10.0.2.15');
    expect(client(1).bind('10.0.2.15')).toBe('10.0.2.16');
  });

  it.each<[string, (b: Bench) => unknown]>([
    ['another client', ({ client }) => client(2).decline('10.0.2.15')],
    ['the owner, of another address', ({ client }) => client(1).decline('10.0.2.16')],
    ['the owner, to another server', ({ client }) => client(1).decline('10.0.2.15', '10.0.2.9')],
  ])('of %s changes nothing', (_what, act) => {
    const b = bench();
    b.client(1).bind();
    act(b);
    expect(b.server.leases()).toMatchObject([{ address: 0x0a00_020f, state: 'bound' }]);
  });
});

describe('INFORM, RFC 2131 4.3.5', () => {
  it.each([
    ['in ciaddr', { ciaddr: '10.0.2.99' }, '0.0.0.0:68'],
    ['as the source of the packet', {}, '10.0.2.99:68'],
  ])('is answered at the address that is given %s', (_where, fields, from) => {
    const { server, client } = bench();
    expect(client(1).say(INFORM, fields, from)).toEqual([`ACK 0.0.0.0 > 10.0.2.99:68 ${mac(1)}`]);
    expect(server.leases()).toEqual([]);
  });

  it('gets options and no lease', () => {
    const m = bench().client(1).hear(INFORM, { ciaddr: '10.0.2.99' });
    expect([51, 58, 59].map((code) => m.options.has(code))).toEqual([false, false, false]);
    expect(m.options.get(3)).toEqual([10, 0, 2, 2]);
  });

  it('from outside of the network gets none', () => {
    const { server, client } = bench();
    expect(client(1).say(INFORM, { ciaddr: '192.168.1.5' })).toEqual([]);
    expect(server.stats()).toMatchObject({ otherNetwork: 1 });
  });
});

describe('the way of an answer, RFC 2131 4.1', () => {
  it.each([
    ['to the address that is offered', {}, `OFFER 10.0.2.15 > 10.0.2.15:68 ${mac(1)}`],
    ['to everyone when it asks for that', { broadcast: true }, 'OFFER 10.0.2.15 > 255.255.255.255:68 everyone'],
    ['to the relay, at its server port', { giaddr: '10.0.2.9' }, `OFFER 10.0.2.15 > 10.0.2.9:67 ${mac(1)}`],
    ['to the relay first', { giaddr: '10.0.2.9', broadcast: true }, `OFFER 10.0.2.15 > 10.0.2.9:67 ${mac(1)}`],
    ['to ciaddr', { ciaddr: '10.0.2.80', broadcast: true }, `OFFER 10.0.2.15 > 10.0.2.80:68 ${mac(1)}`],
    ['to no ciaddr outside', { ciaddr: '192.168.1.5' }, `OFFER 10.0.2.15 > 10.0.2.15:68 ${mac(1)}`],
  ])('%s', (_what, fields, sent) => {
    expect(bench().client(1).discover(null, fields)).toEqual([sent]);
  });

  it('a NAK goes to everyone, or to the relay that is asked to broadcast it', () => {
    const { client } = bench();
    expect(client(1).rebind('192.168.1.5')).toEqual(['NAK 0.0.0.0 > 255.255.255.255:68 everyone']);
    const [sent] = client(1).exchange(REQUEST, { giaddr: '10.0.2.9', options: address(50, '192.168.1.5') });
    expect(sent).toMatchObject({ from: '10.0.2.2:67', to: '10.0.2.9:67', mac: mac(1) });
    expect(read(sent!.bytes)).toMatchObject({ broadcast: true, giaddr: '10.0.2.9' });
  });

  it('a client behind a relay is not on our cable', () => {
    const { net, client } = bench();
    client(1).discover(null, { giaddr: '10.0.2.9' });
    expect(client(1).selecting('10.0.2.15', '10.0.2.2', { giaddr: '10.0.2.9' })).toHaveLength(1);
    expect(net.learned).toEqual([]);
  });

  it('a relay of another network gets none', () => {
    const { server, client } = bench();
    expect(client(1).discover(null, { giaddr: '192.168.1.1' })).toEqual([]);
    expect(server.stats()).toMatchObject({ otherNetwork: 1 });
  });
});

describe('a client, RFC 2131 4.2', () => {
  it('is its identifier: two on one card, one on two cards', () => {
    const { client } = bench();
    const given = [client(1, [255, 1]), client(1, [255, 2]), client(2, [255, 1])].map((c) => c.bind());
    expect(given).toEqual(['10.0.2.15', '10.0.2.16', '10.0.2.15']);
  });

  it('is its hardware address without one, as if it had sent that', () => {
    const { client } = bench();
    const card = client(1);
    expect([card.bind(), client(1, [1, ...card.mac]).bind(), client(2).bind()]).toEqual([
      '10.0.2.15',
      '10.0.2.15',
      '10.0.2.16',
    ]);
  });

  it('has no identifier of less than two bytes, RFC 2132 9.14', () => {
    const { client } = bench();
    expect([client(1), client(1, []), client(1, [7])].map((c) => c.bind())).toEqual(Array(3).fill('10.0.2.15'));
    expect(client(2, [7]).bind()).toBe('10.0.2.16');
  });

  it('has one address at a time', () => {
    const { net, server, client } = bench({ leaseSeconds: 60 });
    client(1).bind('10.0.2.40');
    expect(client(1).initReboot('10.0.2.41')[0]).toMatch(/^NAK/);
    net.after(server, 60_000);
    expect(client(1).initReboot('10.0.2.41')[0]).toMatch(/^ACK 10.0.2.41 /);
    expect(server.leases()).toHaveLength(1);
  });
});

describe('the time of a lease', () => {
  it.each([
    ['nothing', null, 3_600],
    ['less', 600, 600],
    ['more', 86_400, 3_600],
    ['for ever', 0xffffffff, 3_600],
    ['next to nothing', 1, 60],
  ])('for a client that asks for %s', (_what, asked, given) => {
    const n = asked ?? 0;
    const options = asked === null ? [] : ([[51, [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]]] as const);
    const m = bench({ leaseSeconds: 3_600 }).client(1).hear(DISCOVER, { options });
    expect([51, 58, 59].map((code) => seconds(m, code))).toEqual([given, given / 2, Math.floor(given * 0.875)]);
  });

  it('is without end and without renewals when that is configured', () => {
    const { net, server, client } = bench({ leaseSeconds: 0xffffffff, start: '10.0.2.254' });
    const m = client(1).hear(DISCOVER);
    expect([51, 58, 59].map((code) => seconds(m, code))).toEqual([0xffffffff, null, null]);
    client(1).bind();
    net.after(server, 1_000_000 * DAY);
    expect(client(2).discover()).toEqual([]);
  });
});

describe('start()', () => {
  it.each([
    ['10.0.2.0', '10.0.2.0/24'],
    ['10.0.2.255', '10.0.2.0/24'],
    ['10.0.3.15', '10.0.2.0/24'],
    ['10.0.1.255', '10.0.2.0/24'],
    ['10.255.255.255', '10.0.0.0/8'],
  ])('a pool from %s in %s is a ConfigError', (start, cidr) => {
    expect(() => bench({ start }, cidr)).toThrow(ConfigError);
    expect(() => bench({ start }, cidr)).toThrow(/^start: .* is not an address for guests of 10\./);
  });

  it.each([
    [undefined, '10.0.2.0/24', '10.0.2.15'],
    ['10.0.2.3', '10.0.2.0/24', '10.0.2.4'],
    ['10.0.2.254', '10.0.2.0/24', '10.0.2.254'],
    [undefined, '10.0.2.0/29', '10.0.2.1'],
    [undefined, '10.0.0.0/8', '10.0.0.15'],
    [undefined, '223.255.255.0/24', '223.255.255.15'],
  ])('a pool from %s in %s gives %s first', (start, cidr, first) => {
    const { client } = bench(start === undefined ? {} : { start }, cidr);
    expect(client(1).discover()[0]?.split(' ')[1]).toBe(first);
  });
});

describe('what is no request', () => {
  it.each<[string, string, (c: Client) => unknown]>([
    ['a reply', 'malformed', (c) => c.say(DISCOVER, { op: 2 })],
    ['token ring', 'malformed', (c) => c.say(DISCOVER, { htype: 6 })],
    ['a long hardware address', 'malformed', (c) => c.say(DISCOVER, { hlen: 16 })],
    ['an impossible hardware address', 'malformed', (c) => c.say(DISCOVER, { hlen: 255 })],
    ['type 0', 'malformed', (c) => c.say(0)],
    ['an OFFER', 'malformed', (c) => c.say(2)],
    ['type 255', 'malformed', (c) => c.say(255)],
    ['a RELEASE of no address', 'notHeld', (c) => c.say(RELEASE)],
    ['a DECLINE of no address', 'notHeld', (c) => c.say(DECLINE)],
  ])('%s is counted as %s', (_what, counter, act) => {
    const { server, client } = bench();
    act(client(1));
    expect(server.stats()[counter]).toBe(1);
  });
});
