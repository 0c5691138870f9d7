import { describe, expect, it, test } from 'vitest';
import { arp, EchoingHost, endpoint, icmp, Rig, tcp, text, udp } from '../test/rig.ts';
import { Bench } from '../test/tcp/bench.ts';
import { Drop, dropName, type FlowInfo, type FlowPage, type FlowQuery } from './index.ts';

const SYN = 2;

describe('flows, for people', () => {
  it('UDP: both ways in bytes, who was spoken to, and since when', () => {
    const rig = new Rig();
    rig.send(arp());
    rig.send(udp('10.0.2.15:1000', '192.0.2.1:7', 'hello'));
    rig.after(400);
    const answer = text('ok');
    rig.host.udpSockets[0]!.events.received(endpoint('192.0.2.9:9'), answer, 0, answer.length, rig.now);
    rig.after(100);
    expect(rig.stack.flows(rig.now)).toEqual([
      {
        id: 'udp-0-1',
        protocol: 'udp',
        guest: '10.0.2.15:1000',
        remote: '192.0.2.9:9',
        state: 'OPEN',
        bytesUp: 5,
        bytesDown: 2,
        age: 500,
        idle: 100,
      },
    ]);
  });

  it('TCP by its state, ICMP by its identifier, forwards of UDP before anybody has come', () => {
    const rig = new Rig();
    rig.host.echo = new EchoingHost().echo;
    rig.stack.forward(
      { protocol: 'udp', host: endpoint('0.0.0.0:7000'), guest: endpoint('10.0.2.15:53') },
      { bound() {}, unbound() {} },
    );
    rig.send(tcp('10.0.2.15:40000', '192.0.2.1:80', SYN));
    rig.send(icmp(8, 'abc', { to: '192.0.2.1' }));
    const told = rig.stack.flows(rig.now).map((f) => [f.protocol, f.guest, f.remote, f.state, f.bytesUp].join(' '));
    expect(told).toEqual([
      'tcp 10.0.2.15:40000 192.0.2.1:80 HOST-CONNECTING 0',
      'udp 10.0.2.15:53  FORWARD 0',
      'icmp 10.0.2.15:7 192.0.2.1 OPEN 3',
    ]);
    rig.after(60_000);
    expect(rig.stack.stats()).toMatchObject({ echoOpened: 1, echoExpired: 1, echoFlows: 0 });
    rig.stack.close(rig.now);
    expect(rig.stack.flows(rig.now)).toEqual([]);
  });

  it('TCP: payload that arrived in order, and that was acknowledged', () => {
    const b = new Bench().open();
    b.say({ flags: 'PA', seq: 1, ack: 1, data: 'hello' });
    b.say({ flags: 'PA', seq: 1, ack: 1, data: 'hello' });
    b.peer.queue('0123456789');
    b.host((e, _, now) => e.readable(now));
    b.out();
    b.say({ flags: 'A', seq: 6, ack: 8 });
    const [flow] = [...b.tcp.flows(b.now)];
    expect([flow!.bytesUp, flow!.bytesDown, flow!.state]).toEqual([5, 7, 'ESTABLISHED']);
  });

  it('one that ends in order is counted', () => {
    const b = new Bench().open();
    b.say({ flags: 'FA', seq: 1, ack: 1 });
    b.peer.end();
    b.host((e, _, now) => e.readable(now));
    b.out();
    b.say({ flags: 'A', seq: 2, ack: 2 });
    expect(b.tcp.stats()).toMatchObject({ flows: 0, opened: 1, closed: 1, resetByGuest: 0 });
  });
});

describe('a part of them at a time', () => {
  const many = (): Rig => {
    const rig = new Rig();
    rig.host.echo = new EchoingHost().echo;
    rig.send(arp());
    const events = { bound() {}, unbound() {} };
    for (const port of [7_000, 7_001]) {
      const guest = endpoint(`10.0.2.15:${port}`);
      rig.stack.forward({ protocol: 'udp', host: endpoint(`0.0.0.0:${port}`), guest }, events);
    }
    for (let i = 0; i < 5; i++) rig.send(tcp(`10.0.2.15:${40_000 + i}`, '192.0.2.1:80', SYN));
    for (let i = 0; i < 3; i++) rig.send(udp(`10.0.2.16:${1_000 + i}`, '192.0.2.1:7', 'x'));
    rig.send(icmp(8, 'abc', { to: '192.0.2.1' }));
    return rig;
  };
  const pages = (rig: Rig, query: Omit<FlowQuery, 'limit' | 'after'>, limit: number): string[][] => {
    const found: string[][] = [];
    for (let after: string | null = null; ; ) {
      const page: FlowPage = rig.stack.flowPage({ ...query, limit, after }, rig.now);
      found.push(page.flows.map(({ id }) => id));
      if (page.next === null) return found;
      after = page.next;
    }
  };
  const guest = endpoint('10.0.2.16:0');

  it.each([1, 2, 3, 4, 11, 100])('%i to a page: every flow once', (limit) => {
    const rig = many();
    const found = pages(rig, {}, limit);
    expect(found.every((page) => page.length <= limit)).toBe(true);
    expect(found.flat()).toEqual(rig.stack.flows(rig.now).map(({ id }) => id));
    expect(new Set(found.flat()).size).toBe(11);
  });

  it('of a protocol, of a guest, of both', () => {
    const rig = many();
    expect(pages(rig, { protocol: 'udp' }, 2)).toEqual([
      ['udp-0-1', 'udp-1-2'],
      ['udp-2-3', 'forward-1-1'],
      ['forward-2-2'],
    ]);
    expect(pages(rig, { guest }, 2)).toEqual([['udp-0-1', 'udp-1-2'], ['udp-2-3']]);
    expect(pages(rig, { guest, protocol: 'tcp' }, 2)).toEqual([[]]);
  });

  it('what lives on is listed once, whatever comes and goes between two pages', () => {
    const rig = many();
    const first = rig.stack.flowPage({ limit: 2 }, rig.now);
    expect(rig.stack.endFlow('tcp-1-2', rig.now) && rig.stack.endFlow('tcp-3-4', rig.now)).toBe(true);
    rig.send(tcp('10.0.2.15:50000', '192.0.2.1:80', SYN));
    const rest = rig.stack.flowPage({ limit: 100, after: first.next }, rig.now);
    expect(first.flows.map(({ id }) => id)).toEqual(['tcp-0-1', 'tcp-1-2']);
    expect(rest.flows.map(({ id }) => id).slice(0, 3)).toEqual(['tcp-2-3', 'tcp-3-6', 'tcp-4-5']);
  });

  it.each(['', 'x', 'tcp', 'tcp-1', 'tcp-99999999999-1', 'tcp-0-1-', 'icmp--1-1'])(
    'after %j: from the beginning',
    (after) => {
      const rig = many();
      expect(rig.stack.flowPage({ limit: 1, after }, rig.now).flows[0]!.id).toBe('tcp-0-1');
    },
  );
});

describe('a flow is ended from outside', () => {
  it('TCP: both sides are reset, it is counted, and its name ends nothing else', () => {
    const b = new Bench().open();
    const [{ id, state }] = [...b.tcp.flows(b.now)] as [FlowInfo];
    expect([id, state]).toEqual(['tcp-0-1', 'ESTABLISHED']);
    expect([b.tcp.end(0, 2, b.now), b.tcp.end(1, 1, b.now)]).toEqual([false, false]);
    expect(b.tcp.end(0, 1, b.now)).toBe(true);
    expect(b.out()).toEqual([expect.stringMatching(/^R/)]);
    expect(b.peer.log).toContain('abort');
    expect(b.tcp.end(0, 1, b.now)).toBe(false);
    expect(b.tcp.stats()).toMatchObject({ flows: 0, ended: 1 });
  });

  it('UDP and ICMP: the socket of the host goes; a forward stays', () => {
    const rig = new Rig();
    rig.host.echo = new EchoingHost().echo;
    rig.send(arp());
    rig.stack.forward(
      { protocol: 'udp', host: endpoint('0.0.0.0:7000'), guest: endpoint('10.0.2.15:53') },
      { bound() {}, unbound() {} },
    );
    rig.send(udp('10.0.2.15:1000', '192.0.2.1:7', 'x'));
    rig.send(icmp(8, 'abc', { to: '192.0.2.1' }));
    const ended = rig.stack.flows(rig.now).map(({ id }) => [id, rig.stack.endFlow(id, rig.now)]);
    expect(ended).toEqual([
      ['udp-0-1', true],
      ['forward-1-1', false],
      ['icmp-0-1', true],
    ]);
    expect(rig.stack.stats()).toMatchObject({ udpEnded: 1, echoEnded: 1, udpFlows: 0, echoFlows: 0 });
    expect(rig.host.udpSockets.map(({ closed }) => closed)).toEqual([false, true]);
    rig.send(udp('10.0.2.15:1000', '192.0.2.1:7', 'x'));
    expect(rig.stack.flows(rig.now).map(({ id }) => id)).toEqual(['udp-0-2', 'forward-1-1']);
    expect(rig.stack.endFlow('udp-0-1', rig.now)).toBe(false);
  });

  it('who was heard, and where', () => {
    const rig = new Rig();
    rig.send(arp());
    rig.after(250);
    rig.send(udp('10.0.2.16:1000', '192.0.2.1:7', 'x'));
    expect(rig.stack.neighbours(rig.now).map(({ address, idle }) => [address, idle])).toEqual([
      ['10.0.2.15', 250],
      ['10.0.2.16', 0],
    ]);
    expect(rig.stack.neighbours(rig.now)[0]!.mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  });
});

describe('frames that are not carried', () => {
  test('the probe hears why, and of nothing else', () => {
    const heard: string[] = [];
    const rig = new Rig({ probe: { dropped: (why) => void heard.push(dropName(why)) } });
    rig.send(arp());
    rig.send(new Uint8Array(5));
    rig.send(udp('10.0.2.15:1000', '192.0.2.1:0'));
    expect(heard).toEqual(['ETHER_SHORT', 'UDP_MALFORMED']);
  });

  test('every reason has its name', () => {
    expect(Object.entries(Drop).map(([, why]) => dropName(why))).toEqual(Object.keys(Drop));
  });
});
