import { describe, expect, it } from 'vitest';
import { Client, DISCOVER, INFORM, type Message, type Options, REQUEST, read } from '../../test/dhcp-client.ts';
import { FakeNet, formatMac } from '../../test/fake-net.ts';
import { dhcp4Server } from './server.ts';
import type { Dhcp4Config } from './settings.ts';

const FULL: Dhcp4Config = { hostname: 'guest', domain: 'lan.example', search: ['lan.example'] };
/** In every answer that gives an address: type, server, lease, T1, T2, mask. */
const ALWAYS = [53, 54, 51, 58, 59, 1];

function offer(
  config: Dhcp4Config,
  options: Options,
  mtu: number = 1_500,
): { m: Message; size: number; omitted: number } {
  const net = new FakeNet({ mtu });
  const server = dhcp4Server(config);
  server.start(net);
  const [sent] = new Client(net, server, 1).exchange(DISCOVER, { options });
  return { m: read(sent!.bytes), size: sent!.bytes.length, omitted: server.stats()['omitted']! };
}

function text(m: Message, code: number): string {
  return String.fromCharCode(...(m.options.get(code) ?? []));
}

/** `n` names that share nothing. */
function names(n: number): string[] {
  return Array.from({ length: n }, (_, i) => `${String.fromCharCode(97 + i)}xxxxxxxxxxxxxxxxxxx.${i}tld`);
}

describe('the fixed fields, RFC 2131 table 3', () => {
  it('are those of a reply to this request', () => {
    const { m } = offer({}, []);
    expect(m).toMatchObject({
      op: 2,
      hops: 0,
      xid: 0xdeadbeef,
      ciaddr: '0.0.0.0',
      yiaddr: '10.0.2.15',
      siaddr: '0.0.0.0',
      giaddr: '0.0.0.0',
      chaddr: formatMac(Uint8Array.of(2, 0, 0, 0, 0, 1)),
    });
  });

  it('repeat ciaddr in an ACK, and in nothing else', () => {
    const net = new FakeNet();
    const server = dhcp4Server();
    server.start(net);
    const client = new Client(net, server, 1);
    const say = (ciaddr: string): Message => client.hear(REQUEST, { ciaddr });
    expect(say('10.0.2.40')).toMatchObject({ ciaddr: '10.0.2.40', yiaddr: '10.0.2.40' });
    expect(say('10.0.2.2')).toMatchObject({ ciaddr: '0.0.0.0', yiaddr: '0.0.0.0' });
    expect(client.hear(INFORM, { ciaddr: '10.0.2.40' })).toMatchObject({ ciaddr: '10.0.2.40', yiaddr: '0.0.0.0' });
  });
});

describe('options, RFC 2131 4.3.1', () => {
  it('are all there for a client that asks for none', () => {
    const { m } = offer(FULL, []);
    expect(m.codes).toEqual([...ALWAYS, 3, 6, 26, 28, 12, 15, 119]);
    expect(Object.fromEntries(m.options)).toMatchObject({
      53: [2],
      54: [10, 0, 2, 2],
      51: [0, 1, 0x51, 0x80],
      58: [0, 0, 0xa8, 0xc0],
      59: [0, 1, 0x27, 0x50],
      1: [255, 255, 255, 0],
      3: [10, 0, 2, 2],
      6: [10, 0, 2, 3],
      26: [0x05, 0xdc],
      28: [10, 0, 2, 255],
    });
    expect([text(m, 12), text(m, 15)]).toEqual(['guest', 'lan.example']);
  });

  it.each<[string, number[], number[]]>([
    ['in its order', [6, 3, 26], [6, 3, 26]],
    ['once', [3, 3, 6, 3], [3, 6]],
    ['not those that we do not know', [2, 42, 252, 3], [3]],
    ['not those twice that are always sent', [1, 51, 53, 54, 58, 59, 3], [3]],
    ['an empty list', [], []],
  ])('are those that the client asks for: %s', (_what, asked, got) => {
    expect(offer({}, [[55, asked]]).m.codes).toEqual([...ALWAYS, ...got]);
  });

  it('are those of this request, not of the one before', () => {
    const net = new FakeNet();
    const server = dhcp4Server(FULL);
    server.start(net);
    const client = new Client(net, server, 1);
    const codes = [1, 2].map(() => client.hear(DISCOVER, { options: [[55, [3, 12]]] }).codes);
    expect(codes).toEqual(Array(2).fill([...ALWAYS, 3, 12, 15, 119]));
  });

  it('include unasked what somebody configured, after what was asked for', () => {
    expect(offer(FULL, [[55, [119, 3]]]).m.codes).toEqual([...ALWAYS, 119, 3, 12, 15]);
  });

  it('leave out router and nameserver where there are none', () => {
    expect(offer({ router: false, nameservers: [] }, [[55, [3, 6, 28]]]).m.codes).toEqual([...ALWAYS, 28]);
  });

  it('name other nameservers', () => {
    const { m } = offer({ nameservers: ['192.0.2.1', '192.0.2.2'] }, []);
    expect(m.options.get(6)).toEqual([192, 0, 2, 1, 192, 0, 2, 2]);
  });

  it('give the client’s identifier back, RFC 6842', () => {
    const net = new FakeNet();
    const server = dhcp4Server();
    server.start(net);
    const client = new Client(net, server, 1, [255, 7, 7]);
    expect(client.hear(DISCOVER).options.get(61)).toEqual([255, 7, 7]);
    expect(client.hear(REQUEST, { ciaddr: '192.168.1.1' }).options.get(61)).toEqual([255, 7, 7]); // a NAK
  });

  it('of a NAK are type, server and a reason', () => {
    const net = new FakeNet();
    const server = dhcp4Server(FULL);
    server.start(net);
    const m = new Client(net, server, 1).hear(REQUEST, { ciaddr: '192.168.1.1' });
    expect(m.codes).toEqual([53, 54, 56]);
    expect(text(m, 56)).toBe('requested address not of this network');
  });
});

describe('the size of a message', () => {
  const long: Dhcp4Config = { ...FULL, search: names(20) };

  it('is 300 bytes at least, RFC 1542 2.1', () => {
    expect(offer({}, [[55, []]]).size).toBe(300);
  });

  it('is 548 bytes at most for a client that says nothing, RFC 2131 2', () => {
    const { m, size, omitted } = offer(long, []);
    expect([size <= 548, m.options.has(119), omitted]).toEqual([true, false, 1]);
  });

  it.each([
    ['nothing of worth', 1, false],
    ['576', 576, false],
    ['1500', 1_500, true],
    ['more than any link', 65_535, true],
  ])('grows for a client that takes %s (option 57)', (_what, most, fits) => {
    const { m, size, omitted } = offer(long, [[57, [most >>> 8, most & 0xff]]]);
    expect([m.options.has(119), omitted]).toEqual([fits, fits ? 0 : 1]);
    expect(size).toBeLessThanOrEqual(Math.max(576, Math.min(most, 1_500)) - 28);
  });

  it('stays within the MTU', () => {
    expect(offer(long, [[57, [0xff, 0xff]]], 600).size).toBeLessThanOrEqual(572);
  });

  it('an option that does not fit makes no room needless: those behind it are sent', () => {
    expect(offer(long, [[55, [119, 3]]]).m.codes).toEqual([...ALWAYS, 3, 12, 15]);
  });

  it('splits what is longer than 255 bytes, RFC 3396', () => {
    const { m } = offer(long, [
      [57, [0x05, 0xdc]],
      [55, [119]],
    ]);
    const list = m.options.get(119)!;
    expect(m.codes.filter((code) => code === 119)).toHaveLength(Math.ceil(list.length / 255));
    expect(list.length).toBeGreaterThan(500);
    expect(String.fromCharCode(...list.slice(1, 21))).toBe(names(1)[0]?.slice(0, 20));
  });

  it('has room for all that must be said, whatever the identifier', () => {
    const net = new FakeNet();
    const server = dhcp4Server(FULL);
    server.start(net);
    const client = new Client(
      net,
      server,
      1,
      Array.from({ length: 255 }, (_, i) => i),
    );
    expect(client.hear(DISCOVER).options.get(61)).toHaveLength(255);
    expect(client.hear(REQUEST, { ciaddr: '192.168.1.1' }).options.get(56)).toHaveLength(37);
  });
});
