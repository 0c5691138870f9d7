import { Flag } from '@reslirp/wire/tcp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arp, datagram, EVERYONE_MAC, fragments, icmp, Rig, tcp, text, udp } from '../test/rig.ts';
import { Drop } from './drop.ts';

const GUEST = '10.0.2.15:1000';

/** A guest whose connection to the gateway's port 80 is open on the host. */
function opened(): Rig {
  const rig = new Rig();
  rig.send(tcp(GUEST, '10.0.2.2:80', Flag.SYN));
  rig.host.tcpEvents[0]!.opened(rig.now);
  rig.stack.flush(rig.now);
  return rig;
}

describe('TCP', () => {
  it('to the gateway is dialled on loopback, and answered when that is open', () => {
    const rig = new Rig();
    expect(rig.send(tcp(GUEST, '10.0.2.2:80', Flag.SYN))).toBe('NO');
    rig.stack.flush(rig.now);
    expect([rig.host.dialled, rig.heard()]).toEqual([['127.0.0.1:80'], []]);
    rig.host.tcpEvents[0]!.opened(rig.now);
    rig.stack.flush(rig.now);
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.15 tcp 80 > 1000 SYN|ACK']);
  });

  it('of a restricted network is refused', () => {
    const rig = new Rig({ restricted: true });
    rig.send(tcp(GUEST, '192.0.2.1:80', Flag.SYN));
    rig.stack.flush(rig.now);
    expect([rig.host.dialled, rig.heard()]).toEqual([[], ['192.0.2.1 > 10.0.2.15 tcp 80 > 1000 RST|ACK']]);
  });

  it('without a way there is told so by the gateway', () => {
    const rig = new Rig({ hostLoopback: false });
    rig.send(tcp(GUEST, '10.0.2.2:80', Flag.SYN));
    rig.stack.flush(rig.now);
    expect(rig.heard()).toEqual(['10.0.2.2 > 10.0.2.15 icmp unreachable 0 about 10.0.2.15 > 10.0.2.2 (40)']);
  });
});

describe('the turn', () => {
  it('ends with what was held back, and then with the link', () => {
    const rig = opened();
    expect([rig.heard().length, rig.link.flushed]).toEqual([1, 1]);
  });

  it('waits for whoever is due first', () => {
    const rig = new Rig();
    expect(rig.stack.deadline()).toBe(Infinity);
    rig.send(udp(GUEST, '192.0.2.1:7'));
    expect(rig.stack.deadline()).toBe(rig.now + 240_000);
    rig.send(fragments(datagram(GUEST, '192.0.2.1:7', text('0123456789')), 28)[0]!);
    expect(rig.stack.deadline()).toBe(rig.now + 30_000);
  });

  it('may be polled for nothing', () => {
    const rig = opened();
    rig.send(udp(GUEST, '192.0.2.1:7'));
    rig.heard();
    const before = rig.stack.stats();
    for (let i = 0; i < 3; i++) rig.after(0).stack.flush(rig.now);
    expect([rig.stack.stats(), rig.heard()]).toEqual([before, []]);
  });
});

describe('close', () => {
  it('resets flows on both sides, closes sockets, and takes nothing more', () => {
    const rig = opened();
    rig.send(udp(GUEST, '192.0.2.1:7'));
    rig.heard();
    rig.stack.close(rig.now);
    expect(rig.heard()).toEqual([expect.stringMatching(/^10\.0\.2\.2 > 10\.0\.2\.15 tcp 80 > 1000 RST/)]);
    expect([rig.host.aborted, rig.host.udpSockets[0]!.closed, rig.link.flushed]).toEqual([[0], true, 2]);
    expect(rig.send(arp())).toBe('CLOSED');
    expect(rig.stack.deadline()).toBe(Infinity);
    rig.after(1e6).stack.flush(rig.now);
    rig.stack.close(rig.now);
    expect([rig.heard(), rig.stack.stats()['udpFlows']]).toEqual([[], 0]);
  });

  it('closes services once', () => {
    let closed = 0;
    const service = { name: 's', bindings: [], egress: false, start: () => {}, close: () => closed++ };
    const rig = new Rig({ services: [service] });
    rig.stack.close(rig.now);
    rig.stack.close(rig.now);
    expect(closed).toBe(1);
  });
});

it('two stacks share nothing', () => {
  const [a, b] = [new Rig(), new Rig()];
  a.send(udp(GUEST, '192.0.2.1:7'));
  expect([a.count('udpFlows'), b.count('udpFlows'), b.count('framesIn')]).toEqual([1, 0, 0]);
});

describe('whatever a guest sends', () => {
  const valid = [
    arp(),
    arp({ op: 2 }),
    icmp(8),
    icmp(3, new Uint8Array(28)),
    icmp(8, 'x', { to: '192.0.2.1', ttl: 1 }),
    udp(GUEST, '192.0.2.1:7'),
    udp(GUEST, '10.0.2.2:53'),
    udp(GUEST, '255.255.255.255:67', 'x', { dst: EVERYONE_MAC }),
    tcp(GUEST, '10.0.2.2:80', Flag.SYN),
    tcp(GUEST, '10.0.2.2:80', Flag.ACK, 2, 1),
    tcp(GUEST, '10.0.2.2:80', Flag.FIN | Flag.ACK, 2, 1),
    ...fragments(datagram(GUEST, '192.0.2.1:7', new Uint8Array(100)), 68),
  ];
  const names = Object.keys(Drop);
  const edits = fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 });
  const almost = fc.tuple(fc.constantFrom(...valid), edits, fc.nat(20)).map(([frame, changes, cut]) => {
    const b = frame.slice(0, Math.max(0, frame.length - (cut > 14 ? cut : 0)));
    for (const [i, v] of changes) if (i < b.length) b[i] = v;
    return b;
  });
  const frame = fc.oneof(fc.uint8Array({ maxLength: 120 }), almost, almost, almost);

  it('is survived, ends in a drop with a name, and what we say to it is well-formed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(frame, fc.boolean(), fc.nat(40_000)), { maxLength: 30 }), (frames) => {
        const rig = new Rig({ limits: { udpFlows: 4, tcpFlows: 4, neighbours: 4, reassemblies: 4 } });
        for (const [bytes, trusted, wait] of frames) {
          expect(names).toContain(rig.send(bytes, trusted));
          rig.stack.flush(rig.now);
          if (wait > 20_000) rig.after(wait);
        }
        rig.heard(); // prints, and so checks, every frame
        for (const table of ['udpFlows', 'tcpFlows', 'neighbours', 'reassemblies']) {
          expect(rig.count(table)).toBeLessThanOrEqual(4);
        }
        rig.stack.close(rig.now);
        rig.heard();
        expect(rig.host.udpSockets.every((s) => s.closed)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
