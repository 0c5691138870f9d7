import * as Arp from '@reslirp/wire/arp';
import { describe, expect, it } from 'vitest';
import { arp, EVERYONE_MAC, endpoint, GATEWAY_MAC, icmp, Rig, text, udp } from '../../test/rig.ts';
import { Endpoint } from '../endpoint.ts';

const OTHER = Uint8Array.of(0x52, 0x54, 0, 0xaa, 0xbb, 0xcc);

/** A datagram arrives for the guest whose mapping is the first: to whom it goes shows what is known. */
function answer(rig: Rig): string[] {
  const bytes = text('answer');
  rig.host.udpSockets[0]!.events.received(endpoint('192.0.2.1:7'), bytes, 0, bytes.length, rig.now);
  return rig.frames().map((f) => [...f.bytes.subarray(0, 6)].map((v) => v.toString(16)).join(':'));
}

function mapped(options: ConstructorParameters<typeof Rig>[0] = {}): Rig {
  const rig = new Rig(options);
  rig.send(udp('10.0.2.15:1000', '192.0.2.1:7'));
  return rig;
}

describe('RFC 826: requests', () => {
  it.each([
    ['10.0.2.2', '52:55:0a:00:02:02'],
    ['10.0.2.3', '52:55:0a:00:02:03'],
  ])('for %s are answered', (tpa, mac) => {
    const rig = new Rig();
    expect(rig.send(arp({ tpa }))).toBe('NO');
    expect(rig.heard()).toEqual([`arp ${tpa} is ${mac} > 52:54:00:12:34:56`]);
  });

  it.each(['10.0.2.15', '10.0.2.99', '10.0.2.255', '192.0.2.1'])('for %s are not', (tpa) => {
    const rig = new Rig();
    expect(rig.send(arp({ tpa }))).toBe('NO');
    expect(rig.heard()).toEqual([]);
  });

  it('padded to the shortest frame are answered', () => {
    const rig = new Rig();
    const frame = new Uint8Array(60);
    frame.set(arp());
    rig.send(frame);
    expect(rig.heard()).toHaveLength(1);
  });

  it('that are none are dropped', () => {
    const rig = new Rig();
    expect(rig.send(arp().subarray(0, 41))).toBe('ARP_MALFORMED');
    expect(rig.send(arp({ sha: EVERYONE_MAC, src: OTHER }))).toBe('ARP_MALFORMED');
    expect(rig.send(arp({ sha: GATEWAY_MAC, src: OTHER }))).toBe('ARP_MALFORMED');
  });

  it('that find the link full are counted', () => {
    const rig = new Rig();
    rig.link.room = 0;
    expect(rig.send(arp())).toBe('LINK_FULL');
  });
});

describe('RFC 5227', () => {
  it('2.1.1: a probe is answered, and teaches nothing', () => {
    const rig = new Rig();
    rig.send(arp({ spa: '0.0.0.0' }));
    expect(rig.heard()).toHaveLength(1);
    expect(rig.count('neighbours')).toBe(0);
  });

  it.each(['10.0.2.2', '10.0.2.3'])('2.4 (c): %s is defended, once in ten seconds', (spa) => {
    const rig = new Rig();
    const claim = arp({ sha: OTHER, spa, tpa: spa });
    expect(rig.send(claim)).toBe('ARP_CONFLICT');
    expect(rig.send(claim)).toBe('ARP_CONFLICT');
    expect(rig.heard()).toEqual([`arp who is ${spa} tell ${spa} > ff:ff:ff:ff:ff:ff`]);
    rig.after(10_000).send(claim);
    expect(rig.heard()).toHaveLength(1);
    expect(rig.count('neighbours')).toBe(0);
  });
});

describe('learning', () => {
  it('hears of a guest by its packets', () => {
    expect(answer(mapped())).toEqual(['52:54:0:12:34:56']);
  });

  it('follows ARP, and not packets, to another MAC', () => {
    const rig = mapped();
    rig.send(icmp(8, 'x', { src: OTHER }));
    rig.frames();
    expect(answer(rig)).toEqual(['52:54:0:12:34:56']);
    rig.send(arp({ sha: OTHER, tpa: '10.0.2.15' }));
    expect(answer(rig)).toEqual(['52:54:0:aa:bb:cc']);
  });

  it('takes nobody from outside', () => {
    const rig = new Rig();
    rig.send(arp({ spa: '10.0.3.15' }));
    rig.send(arp({ spa: '10.0.2.255' }));
    rig.send(icmp(8, 'x', { from: '192.0.2.1' }));
    expect(rig.count('neighbours')).toBe(0);
  });

  it('is capped, and forgets who was silent longest', () => {
    const rig = mapped({ limits: { neighbours: 3 } });
    rig.send(arp({ spa: '10.0.2.20' }));
    rig.send(arp({ spa: '10.0.2.21' }));
    rig.send(icmp(8)); // not silent
    rig.send(arp({ spa: '10.0.2.22' })); // in the place of 10.0.2.20
    rig.frames();
    expect(answer(rig)).toEqual(['52:54:0:12:34:56']);
    for (const n of [23, 24, 25]) rig.send(arp({ spa: `10.0.2.${n}` }));
    rig.frames();
    expect([answer(rig), rig.count('neighbours')]).toEqual([['ff:ff:ff:ff:ff:ff'], 3]);
  });
});

describe('RFC 1122 2.3.2.1: doubt', () => {
  const HERE = '52:54:0:12:34:56';
  const WHO = 'arp who is 10.0.2.15 tell 10.0.2.2 > ';
  /** What is sent when an answer arrives for the guest. */
  const sent = (rig: Rig): string[] => {
    const bytes = text('x');
    rig.host.udpSockets[0]!.events.received(endpoint('192.0.2.1:7'), bytes, 0, 1, rig.now);
    return rig.heard();
  };
  const DATAGRAM = '192.0.2.1 > 10.0.2.15 udp 7 > 1000 x';

  it('of a guest in use that is silent: it is asked itself three times, then everyone, and nothing is held back', () => {
    const rig = mapped();
    rig.after(60_000);
    expect(sent(rig)).toEqual([DATAGRAM]);
    for (let i = 0; i < 3; i++) {
      expect(sent(rig.after(1_000))).toEqual([`${WHO}52:54:00:12:34:56`, DATAGRAM]);
      expect(sent(rig)).toEqual([DATAGRAM]); // once a second
    }
    expect(sent(rig.after(1_000))).toEqual([`${WHO}ff:ff:ff:ff:ff:ff`, DATAGRAM]);
    expect(rig.count('neighbours')).toBe(1);
  });

  it('ends with an answer, and whoever has the address now is believed', () => {
    const rig = mapped();
    rig.after(61_000);
    expect(sent(rig)).toHaveLength(2);
    rig.send(arp({ op: Arp.Op.REPLY, sha: OTHER, dst: GATEWAY_MAC }));
    rig.frames();
    expect(answer(rig.after(1_000))).toEqual(['52:54:0:aa:bb:cc']);
  });

  it('is not of a guest that speaks', () => {
    const rig = mapped();
    rig.after(59_000).send(icmp(8, 'x', { to: '10.0.2.2' }));
    rig.frames();
    expect(answer(rig.after(60_000))).toEqual([HERE]);
  });
});

describe('RFC 1122 2.3.2.1: asking', () => {
  /** The guest has a mapping, and is not a neighbour any more. */
  function forgotten(): Rig {
    const rig = mapped({ limits: { neighbours: 1 } });
    rig.send(arp({ spa: '10.0.2.20' }));
    rig.frames();
    return rig;
  }

  it('is for guests unknown, once a second', () => {
    const rig = forgotten();
    expect(answer(rig)).toEqual(['ff:ff:ff:ff:ff:ff']);
    expect(answer(rig)).toEqual([]);
    rig.after(999);
    expect(answer(rig)).toEqual([]);
    rig.after(1);
    const bytes = text('x');
    rig.host.udpSockets[0]!.events.received(new Endpoint().set4(0x01010101, 1), bytes, 0, 1, rig.now);
    expect(rig.heard()).toEqual(['arp who is 10.0.2.15 tell 10.0.2.2 > ff:ff:ff:ff:ff:ff']);
  });

  it('ends with the answer', () => {
    const rig = forgotten();
    answer(rig);
    rig.send(arp({ op: Arp.Op.REPLY, sha: OTHER, dst: GATEWAY_MAC }));
    expect(rig.frames()).toHaveLength(1); // what has waited for it
    expect(answer(rig)).toEqual(['52:54:0:aa:bb:cc']);
  });
});
