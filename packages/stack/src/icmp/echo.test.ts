import { describe, expect, it } from 'vitest';
import { EchoingHost, endpoint, icmp, Rig, type RigOptions, text } from '../../test/rig.ts';
import { Refusal } from '../host.ts';

const ECHO = 8;
const TARGET = '192.0.2.1';

function rigged(options: RigOptions = {}): { rig: Rig; host: EchoingHost } {
  const rig = new Rig(options);
  const host = new EchoingHost();
  rig.host.echo = host.echo;
  return { rig, host };
}

describe('ICMP echo to the outside', () => {
  it('leaves through the host: TTL one less, type of service and data as they were', () => {
    const { rig, host } = rigged();
    expect(rig.send(icmp(ECHO, 'abc', { to: TARGET, ttl: 9, tos: 0x20 }))).toBe('NO');
    expect(host.echoes.map(({ sent }) => sent)).toEqual([['192.0.2.1:0 #1 ttl 8 tos 32 abc']]);
    expect(rig.heard()).toEqual([]);
  });

  it('the reply has the identifier of the request', () => {
    const { rig, host } = rigged();
    rig.send(icmp(ECHO, 'abc', { to: TARGET }));
    const data = text('abc');
    host.echoes[0]!.events.replied(endpoint(TARGET), 1, data, 0, 3, rig.now);
    expect(rig.heard()).toEqual(['192.0.2.1 > 10.0.2.15 icmp 0 7/1 abc']);
  });

  it('is no reply when there was none', () => {
    const { rig } = rigged();
    rig.send(icmp(ECHO, 'abc', { to: TARGET }));
    rig.after(120_000);
    expect(rig.heard()).toEqual([]);
  });

  it('the last hop is ours to say', () => {
    const { rig, host } = rigged();
    expect(rig.send(icmp(ECHO, 'abc', { to: TARGET, ttl: 1 }))).toBe('IP4_HOPS');
    expect([host.echoes, rig.heard()]).toEqual([[], [expect.stringContaining('10.0.2.2 > 10.0.2.15 icmp')]]);
  });

  it('a report from beyond comes from whoever made it, about that very request', () => {
    const { rig, host } = rigged();
    rig.send(icmp(ECHO, 'abc', { to: TARGET }));
    const report = { by: endpoint('198.51.100.7'), type: 11, code: 0, mtu: 0 };
    host.echoes[0]!.events.undeliverable(endpoint(TARGET), 1, Refusal.HOST_UNREACHABLE, report, rig.now);
    const [frame] = rig.frames();
    const b = frame!.bytes;
    expect([...b.subarray(26, 34)]).toEqual([198, 51, 100, 7, 10, 0, 2, 15]);
    expect([b[34], b[35]]).toEqual([11, 0]);
    expect([...b.subarray(-8)]).toEqual([ECHO, 0, expect.anything(), expect.anything(), 0, 7, 0, 1]);
  });

  it.each([
    ['this machine', '127.0.0.1'],
    ['one of us', '10.0.2.9'],
  ])('a report of %s comes from the gateway', (_what, by) => {
    const { rig, host } = rigged();
    rig.send(icmp(ECHO, 'abc', { to: TARGET }));
    const report = { by: endpoint(by), type: 3, code: 4, mtu: 1_280 };
    host.echoes[0]!.events.undeliverable(endpoint(TARGET), 1, Refusal.HOST_UNREACHABLE, report, rig.now);
    const [frame] = rig.frames();
    expect([...frame!.bytes.subarray(26, 30)]).toEqual([10, 0, 2, 2]);
    expect([...frame!.bytes.subarray(34, 42)]).toEqual([3, 4, expect.anything(), expect.anything(), 0, 0, 5, 0]);
  });

  it('a report that is no error, is none', () => {
    const { rig, host } = rigged();
    rig.send(icmp(ECHO, 'abc', { to: TARGET }));
    const report = { by: endpoint('198.51.100.7'), type: 0, code: 0, mtu: 0 };
    host.echoes[0]!.events.undeliverable(endpoint(TARGET), 1, Refusal.HOST_UNREACHABLE, report, rig.now);
    expect(rig.heard()).toEqual([]);
  });

  it('what this machine itself says is an unreachable of the gateway', () => {
    const { rig, host } = rigged();
    rig.send(icmp(ECHO, 'abc', { to: TARGET }));
    host.echoes[0]!.events.undeliverable(endpoint(TARGET), 1, Refusal.NETWORK_UNREACHABLE, null, rig.now);
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.15 icmp unreachable 0 about 10.0.2.15 > 192.0.2.1 (28)']);
  });
});

describe('RFC 5508', () => {
  it('REQ-1: an identifier is a socket, whoever is asked', () => {
    const { rig, host } = rigged();
    rig.send(icmp(ECHO, 'a', { to: TARGET }));
    rig.send(icmp(ECHO, 'b', { to: '192.0.2.2' }));
    rig.send(icmp(ECHO, 'c', { to: TARGET, from: '10.0.2.16' }));
    expect(host.echoes.map(({ sent }) => sent.length)).toEqual([2, 1]);
  });

  it('REQ-2: it lives for 60 s after the last request', () => {
    const { rig, host } = rigged();
    rig.send(icmp(ECHO, 'a', { to: TARGET }));
    rig.after(59_000).send(icmp(ECHO, 'a', { to: TARGET }));
    rig.after(59_999);
    expect([host.echoes[0]!.closed, rig.count('echoFlows')]).toEqual([false, 1]);
    rig.after(1);
    expect([host.echoes[0]!.closed, rig.count('echoFlows'), rig.stack.deadline()]).toEqual([true, 0, Infinity]);
  });

  it('the cap: 1,024 identifiers, and the longest idle one goes', () => {
    const { rig, host } = rigged({ network: '10.0.0.0/16', gateway: '10.0.2.2', limits: { neighbours: 4_096 } });
    for (let i = 0; i < 1_025; i++)
      rig.send(icmp(ECHO, 'a', { to: TARGET, from: `10.0.${4 + (i >> 7)}.${1 + (i & 127)}` }));
    expect([rig.count('echoFlows'), host.echoes[0]!.closed, host.echoes[1]!.closed]).toEqual([1_024, true, false]);
  });

  it('a host that has none left: prohibited, and nothing is kept', () => {
    const { rig, host } = rigged();
    host.left = 0;
    expect(rig.send(icmp(ECHO, 'abc', { to: TARGET }))).toBe('ICMP_UNANSWERED');
    expect([rig.heard(), rig.count('echoFlows')]).toEqual([[expect.stringContaining('unreachable 13')], 0]);
  });

  it('ends with the stack', () => {
    const { rig, host } = rigged();
    rig.send(icmp(ECHO, 'abc', { to: TARGET }));
    rig.stack.close(rig.now);
    expect(host.echoes[0]!.closed).toBe(true);
  });
});
