// What people read of a frame, beside what tshark reads of it: the same values, wherever both show them.
import { describe, expect, test } from 'vitest';
import { createPrinter } from '../src/print.ts';
import { captureFile, frames } from './captures.ts';
import { dissectFile, missing } from './tshark.ts';

/** Of a line that begins with the name: our fields, and tshark's. */
const SAME: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ETH: { dst: 'eth.dst', src: 'eth.src', type: 'eth.type', length: 'eth.len' },
  VLAN: { pcp: 'vlan.priority', dei: 'vlan.dei', vid: 'vlan.id', type: 'vlan.etype' },
  ARP: {
    hw_type: 'arp.hw.type',
    opcode: 'arp.opcode',
    sender_mac: 'arp.src.hw_mac',
    sender_ip: 'arp.src.proto_ipv4',
    target_mac: 'arp.dst.hw_mac',
    target_ip: 'arp.dst.proto_ipv4',
  },
  IPv4: {
    ihl: 'ip.hdr_len',
    tos: 'ip.dsfield',
    tot_len: 'ip.len',
    id: 'ip.id',
    offset: 'ip.frag_offset',
    ttl: 'ip.ttl',
    proto: 'ip.proto',
    checksum: 'ip.checksum',
    src: 'ip.src',
    dst: 'ip.dst',
  },
  IPv6: { plen: 'ipv6.plen', nh: 'ipv6.nxt', hlim: 'ipv6.hlim', src: 'ipv6.src', dst: 'ipv6.dst' },
  ICMP: { type: 'icmp.type', code: 'icmp.code', checksum: 'icmp.checksum', sequence_number: 'icmp.seq' },
  ICMPv6: {
    type: 'icmpv6.type',
    code: 'icmpv6.code',
    checksum: 'icmpv6.checksum',
    sequence_number: 'icmpv6.echo.sequence_number',
    cur_hop_limit: 'icmpv6.nd.ra.cur_hop_limit',
    router_lifetime: 'icmpv6.nd.ra.router_lifetime',
    records: 'icmpv6.mldr.nb_mcast_records',
  },
  UDP: { src_port: 'udp.srcport', dst_port: 'udp.dstport', len: 'udp.length', checksum: 'udp.checksum' },
  TCP: {
    src_port: 'tcp.srcport',
    dst_port: 'tcp.dstport',
    seq: 'tcp.seq_raw',
    ack: 'tcp.ack_raw',
    hlen: 'tcp.hdr_len',
    flags: 'tcp.flags',
    window: 'tcp.window_size_value',
    checksum: 'tcp.checksum',
    payload: 'tcp.len',
  },
  options: {
    mss: 'tcp.options.mss_val',
    ts_val: 'tcp.options.timestamp.tsval',
    ts_ecr: 'tcp.options.timestamp.tsecr',
    window_scale: 'tcp.options.wscale.shift',
  },
  Question: { qname: 'dns.qry.name' },
  MTU: { mtu: 'icmpv6.opt.mtu' },
  STP: { cost: 'stp.root.cost', port: 'stp.port', bpdu_type: 'stp.type' },
  L2TP: { tunnel_id: 'l2tp.tunnel', session_id: 'l2tp.session', version: 'l2tp.version' },
  DHCP: { op: 'dhcp.type', htype: 'dhcp.hw.type', xid: 'dhcp.id', secs: 'dhcp.secs', flags: 'dhcp.flags' },
  addresses: {
    ciaddr: 'dhcp.ip.client',
    yiaddr: 'dhcp.ip.your',
    siaddr: 'dhcp.ip.server',
    giaddr: 'dhcp.ip.relay',
    chaddr: 'dhcp.hw.mac_addr',
  },
  DNS: {
    id: 'dns.id',
    flags: 'dns.flags',
    qdcount: 'dns.count.queries',
    ancount: 'dns.count.answers',
    nscount: 'dns.count.auth_rr',
    arcount: 'dns.count.add_rr',
  },
  SCTP: { src_port: 'sctp.srcport', dst_port: 'sctp.dstport', verification_tag: 'sctp.verification_tag' },
};
const THEIRS: readonly string[] = Object.values(SAME).flatMap((fields) => Object.values(fields));
/** 0: tshark, too, finds it wrong. */
const STATUS = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].map((protocol) => `${protocol}.checksum.status`);

/** All values of a frame, outer packets before what they quote, by the names that tshark has for them. */
function ours(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n').slice(1)) {
    const name = /^ +([A-Za-z]\w*)(?: \d+| \(\d+\))?:/.exec(line)?.[1] ?? '';
    const fields = SAME[name];
    if (fields === undefined) continue;
    for (const [, field = '', value = ''] of line.matchAll(/ (\w+):(\S+)/g)) {
      const theirs = fields[field];
      if (theirs !== undefined) found.set(theirs, [...(found.get(theirs) ?? []), plain(value)]);
    }
  }
  return found;
}

/** However many digits, in whatever base. */
function plain(value: string): string {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(value)) return String(Number(value));
  if (value === 'True' || value === 'False') return value === 'True' ? '1' : '0';
  return value.replace(/\.$/, ''); // of a name: ours end in the root
}

const why = missing();

describe.skipIf(why !== null)(`tshark reads the same${why === null ? '' : `: skipped, ${why}`}`, () => {
  test.each(['guest', 'made'])('%s', (name) => {
    const printer = createPrinter();
    const read = dissectFile(captureFile(name), [...THEIRS, ...STATUS]);
    const all = frames(name);
    expect(all).toHaveLength(read.length);
    const seen = new Set<string>();
    for (const [i, frame] of all.entries()) {
      const text = printer.print(frame, 0, frame.length, `frame ${i + 1}`);
      const mine = ours(text);
      const both = THEIRS.filter((field) => mine.has(field) && read[i]!.has(field));
      for (const field of both) {
        seen.add(field);
        expect.soft(mine.get(field), `${field} of ${text}`).toEqual(read[i]!.get(field)!.map(plain));
      }
      const isBad = STATUS.some((field) => read[i]!.get(field)?.includes('0'));
      // tshark judges what an error message quotes as well, which may have been summed later
      if (!/\n {4}IPv[46] /.test(text)) expect.soft(text.includes('bad checksum'), text).toBe(isBad);
    }
    expect([...seen].sort()).toMatchSnapshot();
  });
});

test.each(['guest', 'made'])('%s, as it is printed', (name) => {
  const printer = createPrinter();
  expect(
    frames(name)
      .map((frame, i) => printer.print(frame, 0, frame.length, `${i + 1}`))
      .join(''),
  ).toMatchSnapshot();
});
