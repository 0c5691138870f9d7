// Clients of all kinds: those of BOOTP, those with a name or an address of their own, and those that something is in the way of.
import { ConfigError } from '@reslirp/stack';
import { describe, expect, it } from 'vitest';
import { Client, DISCOVER, REQUEST, read, write } from '../../test/dhcp-client.ts';
import { FakeNet, format4, ip } from '../../test/fake-net.ts';
import type { KeptLease, LeaseStore } from './lease-store.ts';
import { checkDhcp4, type Dhcp4Server, dhcp4Server } from './server.ts';
import type { Dhcp4Config } from './settings.ts';

const DAY = 86_400_000;
const STRANGER = '02:99:99:99:99:99';

class Store implements LeaseStore {
  kept: readonly KeptLease[] = [];
  saves: number = 0;

  load(): readonly KeptLease[] {
    return this.kept;
  }

  save(leases: readonly KeptLease[]): void {
    this.kept = leases;
    this.saves++;
  }
}

interface Bench {
  readonly net: FakeNet;
  readonly server: Dhcp4Server;
  client(n: number, id?: readonly number[]): Client;
}

function bench(config: Dhcp4Config = {}, store: LeaseStore | null = null): Bench {
  const net = new FakeNet();
  const server = dhcp4Server(config, store);
  server.start(net);
  return { net, server, client: (n, id) => new Client(net, server, n, id ?? null) };
}

const mac = (n: number): string => `02:00:00:00:00:0${n}`;
const chars = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const NOTHING = '255.255.255.255:67';

describe('BOOTP, RFC 951 and 1534', () => {
  function ask({ net, server }: Bench, plain: boolean, ciaddr = '0.0.0.0'): Uint8Array {
    const card = Uint8Array.of(2, 0, 0, 0, 0, 1);
    const [sent, ...more] = net.ask(server, write(card, { plain, ciaddr }), '0.0.0.0:68', NOTHING, card);
    expect(more).toEqual([]);
    return sent!.bytes;
  }

  it('gets an address for good, and no option of DHCP', () => {
    const b = bench({ hostname: 'guest', options: ['42=10.0.2.9'] });
    const m = read(ask(b, false));
    expect(m).toMatchObject({ op: 2, yiaddr: '10.0.2.15' });
    expect(m.codes).toEqual([1, 3, 6, 26, 28, 12, 42]);
    b.net.after(b.server, 1_000 * DAY);
    expect(b.client(2).initReboot('10.0.2.15')[0]).toMatch(/^NAK/);
    expect(b.server.leases()).toMatchObject([{ state: 'bound', until: Infinity }]);
    expect(b.server.stats()).toMatchObject({ bootp: 1, acks: 0 });
  });

  it('without a cookie gets 300 bytes without options', () => {
    const reply = ask(bench(), true);
    expect([reply.length, reply[0], [...reply.subarray(16, 20)]]).toEqual([300, 2, [10, 0, 2, 15]]);
    expect(reply.subarray(236).every((x) => x === 0)).toBe(true);
  });

  it('is told no more than 300 bytes hold', () => {
    const search = Array.from({ length: 9 }, (_, i) => `${'x'.repeat(20)}.${i}`);
    const reply = ask(bench({ search }), false);
    expect([reply.length, read(reply).options.has(119)]).toEqual([300, false]);
  });

  it.each([
    [{}, '255.255.255.255:68', 'ff:ff:ff:ff:ff:ff'],
    [{ ciaddr: '10.0.2.77' }, '10.0.2.77:68', mac(1)],
    [{ giaddr: '10.0.2.9' }, '10.0.2.9:67', mac(1)],
  ])('%o is answered at %s', (fields, to, at) => {
    const { net, server } = bench();
    const card = Uint8Array.of(2, 0, 0, 0, 0, 1);
    expect(net.ask(server, write(card, fields), '0.0.0.0:68', NOTHING, card)).toMatchObject([{ to, mac: at }]);
  });

  it('keeps the address that it says it has', () => {
    const m = read(ask(bench(), false, '10.0.2.77'));
    expect(m).toMatchObject({ ciaddr: '10.0.2.77', yiaddr: '10.0.2.77' });
  });

  it('hears nothing when all addresses are taken', () => {
    const b = bench({ start: '10.0.2.254' });
    b.client(2).bind();
    const card = Uint8Array.of(2, 0, 0, 0, 0, 1);
    expect(b.net.ask(b.server, write(card, {}), '0.0.0.0:68', NOTHING, card)).toEqual([]);
    expect(b.server.stats()).toMatchObject({ full: 1 });
  });
});

it('rapid commit gets an ACK at once, RFC 4039', () => {
  const { server, client } = bench();
  const m = client(1).hear(DISCOVER, { options: [[80, []]] });
  expect([m.options.get(53), m.options.get(80), m.yiaddr]).toEqual([[5], [], '10.0.2.15']);
  expect(server.leases()).toMatchObject([{ state: 'bound' }]);
});

describe('an address of its own', () => {
  const config: Dhcp4Config = {
    hosts: [
      { mac: '02:00:00:00:00:07', address: '10.0.2.5', name: 'Printer' },
      { client: 'ff0102', address: '10.0.2.16' },
    ],
  };

  it('is given to its card, whatever it wants and calls itself', () => {
    const { client } = bench(config);
    const printer = client(7, [255, 9, 9]);
    const m = printer.hear(DISCOVER, { options: [[50, [10, 0, 2, 99]]] });
    expect([m.yiaddr, m.options.get(12)]).toEqual(['10.0.2.5', chars('Printer')]);
    expect(printer.selecting('10.0.2.99')[0]).toMatch(/^NAK/);
    expect(printer.bind()).toBe('10.0.2.5');
  });

  it('is given to its identifier, and to nobody else', () => {
    const { client } = bench(config);
    expect([client(1).bind('10.0.2.5'), client(2).bind('10.0.2.16')]).toEqual(['10.0.2.15', '10.0.2.17']);
    expect(client(3, [255, 1, 2]).bind()).toBe('10.0.2.16');
  });

  it('moves a client that had another one', () => {
    const store = new Store();
    store.kept = [
      {
        address: ip('10.0.2.40'),
        client: '01020000000007',
        mac: Uint8Array.of(2, 0, 0, 0, 0, 7),
        name: '',
        until: DAY,
      },
    ];
    const { client } = bench(config, store);
    expect(client(7).renew('10.0.2.40')[0]).toMatch(/^NAK/);
    expect(client(7).bind()).toBe('10.0.2.5');
  });

  it.each<[Dhcp4Config['hosts'], string]>([
    [[{ mac: '02:00', address: '10.0.2.5' }], "hosts[0].mac: '02:00' is not a MAC address"],
    [[{ client: '7', address: '10.0.2.5' }], "hosts[0].client: '7' is not 2 to 255 bytes in hexadecimal"],
    [[{ address: '10.0.2.5' }], 'hosts[0]: needs a mac or a client, not both'],
    [[{ mac: mac(1), address: '10.0.2.2' }], 'hosts[0].address: 10.0.2.2 is not an address for a guest of 10.0.2.0/24'],
    [[{ mac: mac(1), address: '10.0.3.5' }], 'hosts[0].address: 10.0.3.5 is not an address for a guest of 10.0.2.0/24'],
    [[{ mac: mac(1), address: '10.0.2.5', name: 'a.b' }], "hosts[0].name: 'a.b' has more than one label"],
    [[1, 2].map((n) => ({ mac: mac(n), address: '10.0.2.5' })), "hosts[1]: 10.0.2.5 is another one's"],
    [[5, 6].map((n) => ({ mac: mac(1), address: `10.0.2.${n}` })), 'hosts[1]: is the same client as one before it'],
    [[5, 6].map((n) => ({ mac: mac(n), address: `10.0.2.${n}`, name: 'x' })), "hosts[1]: 'x' is another one's"],
  ])('%o is a ConfigError', (hosts, message) => {
    const check = (): void => checkDhcp4({ hosts: hosts! }, new FakeNet().network);
    expect(check).toThrow(ConfigError);
    expect(check).toThrow(message);
  });
});

describe('names', () => {
  const named = (c: Client, name: string): string[] =>
    c.say(REQUEST, {
      options: [
        [50, c.mac[5] === 1 ? [10, 0, 2, 15] : [10, 0, 2, 16]],
        [12, chars(name)],
      ],
    });

  it('are those that clients give themselves, found with and without the domain', () => {
    const { net, server, client } = bench({ domain: 'Lan.example' });
    named(client(1), 'VM-1.elsewhere\0');
    const found = ['vm-1', 'VM-1.lan.example', 'vm-1.lan.example.', 'vm-1.other', 'vm', ''].map((name) => {
      const address = server.addressOf(name, net.now);
      return address === null ? null : format4(address);
    });
    expect(found).toEqual(['10.0.2.15', '10.0.2.15', '10.0.2.15', null, null, null]);
    expect(server.nameOf(ip('10.0.2.15'), net.now)).toBe('vm-1.lan.example');
    expect(server.addressOf('vm-1', net.now + DAY)).toBeNull();
    expect(server.nameOf(ip('10.0.2.15'), net.now + DAY)).toBeNull();
  });

  it('are of one client at a time', () => {
    const { net, server, client } = bench();
    named(client(1), 'vm');
    named(client(2), 'vm');
    expect(server.addressOf('vm', net.now)).toBe(ip('10.0.2.15'));
    client(1).release('10.0.2.15');
    expect(server.addressOf('vm', net.now)).toBeNull();
    named(client(2), 'vm');
    expect(server.addressOf('vm', net.now)).toBe(ip('10.0.2.16'));
    named(client(1), 'vm');
    expect(server.nameOf(ip('10.0.2.15'), net.now)).toBeNull();
  });

  it('of configuration are nobody else’s, and there before their clients', () => {
    const { net, server, client } = bench({ hosts: [{ mac: mac(7), address: '10.0.2.5', name: 'Printer' }] });
    named(client(1), 'printer');
    expect(server.addressOf('printer', net.now)).toBe(ip('10.0.2.5'));
    expect(server.nameOf(ip('10.0.2.5'), net.now)).toBe('printer');
    expect(server.nameOf(ip('10.0.2.15'), net.now)).toBeNull();
  });

  it('that are none are not learned', () => {
    const { net, server, client } = bench();
    for (const name of ['-a', 'two words', 'x'.repeat(64), '', '\u0007', '.a']) {
      named(client(1), name);
      expect(server.nameOf(ip('10.0.2.15'), net.now)).toBeNull();
    }
  });
});

describe('FQDN, RFC 4702', () => {
  const WIRE = [2, 118, 109, 1, 97, 0];

  it.each<[string, number[], number[] | undefined, string | null]>([
    ['S, in labels', [0x05, 0, 0, ...WIRE], [0x05, 255, 255, 2, 118, 109, 3, 108, 97, 110, 0], 'vm.lan'],
    ['not S: overridden', [0x04, 0, 0, ...WIRE], [0x07, 255, 255, 2, 118, 109, 3, 108, 97, 110, 0], 'vm.lan'],
    ['a part of a name', [0x05, 0, 0, 2, 118, 109], [0x05, 255, 255, 2, 118, 109, 3, 108, 97, 110, 0], 'vm.lan'],
    ['in ASCII', [0x01, 0, 0, ...chars('vm.a')], [0x01, 255, 255, ...chars('vm.lan')], 'vm.lan'],
    ['N: nobody is told', [0x0c, 0, 0, ...WIRE], [0x0c, 255, 255], null],
    ['broken labels', [0x05, 0, 0, 9, 118], [0x05, 255, 255], null],
    ['a pointer', [0x05, 0, 0, 0xc0, 0], [0x05, 255, 255], null],
    ['too short', [0x05, 0], undefined, null],
  ])('%s', (_what, value, answered, name) => {
    const { net, server, client } = bench({ domain: 'lan' });
    const options = [
      [50, [10, 0, 2, 15]],
      [12, chars('other')],
      [81, value],
    ] as const;
    const m = client(1).hear(REQUEST, { options });
    expect(m.options.get(81)).toEqual(answered);
    if (answered !== undefined) expect(server.nameOf(ip('10.0.2.15'), net.now)).toBe(name);
  });
});

describe('an address where another station is', () => {
  it('is not offered, and rests', () => {
    const { net, server, client } = bench();
    net.hear('10.0.2.15', STRANGER);
    expect(client(1).bind('10.0.2.15')).toBe('10.0.2.16');
    expect(server.leases().find((l) => l.address === ip('10.0.2.15'))).toMatchObject({ state: 'declined', client: '' });
    expect(server.stats()).toMatchObject({ conflicts: 1 });
    net.after(server, 600_000);
    expect(client(2).bind('10.0.2.15')).toBe('10.0.2.15');
  });

  it('that answers while the offer is on its way makes it a NAK', () => {
    const { net, client } = bench();
    client(1).discover();
    expect(net.probed).toEqual(['10.0.2.15']);
    net.hear('10.0.2.15', STRANGER);
    expect(client(1).selecting('10.0.2.15')[0]).toMatch(/^NAK/);
    expect(client(1).bind()).toBe('10.0.2.16');
  });

  it('is no other when it is the client itself', () => {
    const { net, client } = bench();
    net.hear('10.0.2.15', mac(1));
    expect(client(1).bind()).toBe('10.0.2.15');
  });

  it('does not take a lease away, and does not count from before its end', () => {
    const { net, server, client } = bench({ leaseSeconds: 60, start: '10.0.2.254' });
    client(1).bind();
    net.hear('10.0.2.254', STRANGER);
    expect(client(1).renew('10.0.2.254')[0]).toMatch(/^ACK/);
    net.after(server, 60_000);
    expect(client(2).bind()).toBe('10.0.2.254');
  });

  it('counts when it goes on after its lease has ended', () => {
    const { net, server, client } = bench({ leaseSeconds: 60, start: '10.0.2.254' });
    client(1).bind();
    net.after(server, 60_001);
    net.hear('10.0.2.254', mac(1));
    expect(client(2).discover()).toEqual([]);
  });
});

describe('leases that are kept', () => {
  it('go into the store together, a second after the first change', () => {
    const store = new Store();
    const { net, server, client } = bench({}, store);
    client(1).discover();
    expect(server.deadline?.()).toBe(Infinity);
    for (const n of [1, 2, 3]) client(n).bind();
    client(3).release('10.0.2.17');
    net.after(server, 999);
    expect(store.saves).toBe(0);
    net.after(server, 1);
    expect(store.kept.map(({ address }) => format4(address))).toEqual(['10.0.2.15', '10.0.2.16']);
    net.after(server, DAY);
    expect(store.saves).toBe(1);
  });

  it('go into the store at the end, when something has changed', () => {
    const store = new Store();
    const { server, client } = bench({}, store);
    client(1).bind();
    server.close?.();
    server.close?.();
    expect([store.saves, store.kept.length]).toEqual([1, 1]);
  });

  it('are there again in the next life, with their names', () => {
    const store = new Store();
    const first = bench({}, store);
    first.client(2).say(REQUEST, {
      options: [
        [50, [10, 0, 2, 15]],
        [12, chars('vm')],
      ],
    });
    first.server.close?.();
    const { net, server, client } = bench({}, store);
    expect(client(1).bind('10.0.2.15')).toBe('10.0.2.16');
    expect(client(2).bind()).toBe('10.0.2.15');
    expect(server.addressOf('vm', net.now)).toBeNull(); // it does not call itself so any more
  });

  it('of addresses that are not to give are forgotten', () => {
    const store = new Store();
    const card = Uint8Array.of(2, 0, 0, 0, 0, 1);
    const lease = (address: string, client: string): KeptLease => {
      return { address: ip(address), client, mac: card, name: '', until: DAY };
    };
    store.kept = [
      lease('10.0.2.2', '0a01'),
      lease('192.168.1.1', '0a02'),
      lease('10.0.2.20', '0a03'),
      lease('10.0.2.20', '0a04'),
    ];
    const { server } = bench({}, store);
    expect(server.leases().map(({ client }) => client)).toEqual(['0a03']);
    expect(server.stats()).toMatchObject({ forgotten: 3 });
  });
});

describe('options of configuration', () => {
  const asked = (config: Dhcp4Config, list: number[]): ReadonlyMap<number, readonly number[]> =>
    bench(config)
      .client(1)
      .hear(DISCOVER, { options: [[55, list]] }).options;

  it('go before the server’s own, are sent unasked, and can be nothing', () => {
    const options = asked({ options: ['6=192.0.2.1', '26=1400', '3=', 'ntp-server=192.0.2.7'] }, [3, 6, 26]);
    expect([3, 6, 26, 42].map((code) => options.get(code))).toEqual([
      undefined,
      [192, 0, 2, 1],
      [5, 0x78],
      [192, 0, 2, 7],
    ]);
  });

  it('of routes have the router among them, for it is ignored beside them; and 249 is the same', () => {
    const routes = [24, 192, 168, 7, 10, 0, 2, 9];
    const options = asked({ options: ['121=192.168.7.0/24,10.0.2.9'] }, [121, 249, 3]);
    expect([options.get(121), options.get(249)]).toEqual(Array(2).fill([...routes, 0, 10, 0, 2, 2]));
    expect(asked({ options: ['121=192.168.7.0/24,10.0.2.9', '3='] }, [121]).get(121)).toEqual(routes);
    expect(asked({ router: false, options: ['121=192.168.7.0/24,10.0.2.9'] }, [121]).get(121)).toEqual(routes);
    expect(asked({ options: ['121=0.0.0.0/0,10.0.2.9'] }, [121]).get(121)).toEqual([0, 10, 0, 2, 9]);
  });
});
