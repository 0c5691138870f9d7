import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guarded, hex, hostile } from '../test/spot.ts';
import { createPrinter } from './print.ts';

const ARP = hex('ffffffffffff 525400123456 0806 0001 0800 06 04 0001 525400123456 0a000214 000000000000 0a000202');
/** A query for www.example. A, in UDP over IPv4. */
const DNS = hex(
  '52550a000203 525400123456 0800 4500 0039 0001 0000 40 11 628f 0a000214 0a000203' +
    '1234 0035 0025 0000 beef 0100 0001 0000 0000 0000 03777777 076578616d706c65 00 0001 0001',
);
/** An advertisement of a router, with its link-layer address and an MTU. */
const RA = hex(
  '333300000001 52550a000202 86dd 6000 0000 0020 3a ff fe800000000000000000000000000002 ff020000000000000000000000000001' +
    '86 00 0000 40 00 0708 00000000 00000000 0101 52550a000202 0501 0000 000005dc',
);
/** DISCOVER, with a host name. */
const DHCP = hex(
  `ffffffffffff 525400123456 0800 4500 0125 0000 0000 40 11 0000 00000000 ffffffff 0044 0043 0111 0000
   01 01 06 00 deadbeef 0000 8000 ${'00'.repeat(16)} 525400123456 ${'00'.repeat(10 + 64 + 128)} 63825363
   35 01 01 0c 05 6775657374 37 02 0103 ff ${'00'.repeat(10)}`,
);

describe('the printer', () => {
  test('a frame is a line, and a line for each layer', () => {
    expect(createPrinter().print(DNS, 0, DNS.length, 'now from guest')).toMatchInlineSnapshot(`
      "now from guest 10.0.2.20:4660 > 10.0.2.3:53, 71 bytes
        ETH (14): dst:52:55:0a:00:02:03 (local) src:52:54:00:12:34:56 (local) type:0x0800 (IPv4)
        IPv4 (20): ver:4 ihl:20 tos:0x00 tot_len:57 id:0x0001 flags:0x0 offset:0 ttl:64 proto:17 (UDP) checksum:0x628f src:10.0.2.20 dst:10.0.2.3 [bad checksum, 0x629d is right]
        UDP (8): src_port:4660 dst_port:53 len:37 checksum:0x0000 payload:29
        DNS (29): id:0xbeef flags:0x0100 (query RD) opcode:0 (query) qdcount:1 ancount:0 nscount:0 arcount:0
          Question 1: qname:www.example. qtype:A qclass:IN
      "
    `);
  });

  test('only the layers that were chosen, and no frame without one', () => {
    const printer = createPrinter({ layers: ['dns'] });
    expect(printer.print(ARP, 0, ARP.length, 'now')).toBe('');
    expect(printer.print(DNS, 0, DNS.length, 'now')).toMatchInlineSnapshot(`
      "now 10.0.2.20:4660 > 10.0.2.3:53, 71 bytes
        DNS (29): id:0xbeef flags:0x0100 (query RD) opcode:0 (query) qdcount:1 ancount:0 nscount:0 arcount:0
          Question 1: qname:www.example. qtype:A qclass:IN
      "
    `);
  });

  test('options by name', () => {
    expect(createPrinter({ layers: ['icmp', 'dhcp'] }).print(RA, 0, RA.length, 'now')).toMatchInlineSnapshot(`
      "now fe80::2 > ff02::1, 86 bytes
        ICMPv6 (8): type:134 (Router Advertisement) code:0 checksum:0x0000 [bad checksum, 0xcae0 is right] cur_hop_limit:64 flags:0x00 preference:medium router_lifetime:1800 reachable_time:0 retrans_timer:0
          Source Link-Layer Address: option:1 length:8 mac:52:55:0a:00:02:02
          MTU: option:5 length:8 mtu:1500
      "
    `);
    expect(createPrinter({ layers: ['dhcp'] }).print(DHCP, 0, DHCP.length, 'now')).toMatchInlineSnapshot(`
      "now 0.0.0.0:68 > 255.255.255.255:67, 307 bytes
        DHCP (265): op:1 (request) htype:1 hlen:6 hops:0 xid:0xdeadbeef secs:0 flags:0x8000 (broadcast)
          addresses: ciaddr:0.0.0.0 yiaddr:0.0.0.0 siaddr:0.0.0.0 giaddr:0.0.0.0 chaddr:52:54:00:12:34:56
          Message Type: option:53 length:1 value:1 (DISCOVER)
          Host Name: option:12 length:5 text:"guest"
          Parameter Request List: option:55 length:2 item:1 (Subnet Mask) item:3 (Router)
      "
    `);
  });

  test.each([ARP, DNS, RA, DHCP])('cut off anywhere, it says so and reads no further', (frame) => {
    for (let size = 0; size < frame.length; size++) {
      const cut = { b: frame, at: 0, end: size };
      expect(createPrinter().print(guarded(cut), 0, size, 'now')).toContain('truncated');
    }
  });

  test('whatever the bytes are: it ends, bounded, in printable characters', () => {
    fc.assert(
      fc.property(fc.oneof(...[ARP, DNS, RA, DHCP].map(hostile)), (s) => {
        const text = createPrinter().print(guarded(s), s.at, s.end, 'now');
        expect(text.length).toBeLessThan(40_000);
        expect(text).toMatch(/^[\n\x20-\x7e…]*$/);
      }),
      { numRuns: 2_000 },
    );
  });
});
