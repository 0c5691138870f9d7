import { describe, expect, it, test } from 'vitest';
import { arp, EchoingHost, endpoint, icmp, Rig, tcp, text, udp } from '../test/rig.ts';
import { Bench } from '../test/tcp/bench.ts';
import { Drop, dropName } from './index.ts';

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
