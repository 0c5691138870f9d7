import { Cut, type FrameHandler, type Link, NO_OFFLOAD, type Unfinished } from '@reslirp/link';
import { describe, expect, it } from 'vitest';
import { type DumpSettings, dump } from './dump.ts';
import { Level, Log } from './log.ts';

/** A link that keeps what is sent, and takes what a test gives it. */
class Cable implements Link {
  readonly mtu = 1_500;
  readonly offload = NO_OFFLOAD;
  readonly slab = new Uint8Array(2_000);
  sent: string[] = [];
  deliver: FrameHandler = () => {};

  reserve(): number {
    return 100;
  }

  commit(size: number, lent: Uint8Array | null = null, from: number = 0, to: number = 0): void {
    const payload = lent === null ? [] : lent.subarray(from, to);
    this.sent.push(Buffer.from([...this.slab.subarray(100, 100 + size), ...payload]).toString('hex'));
  }

  flush(): void {}

  onFrame(handler: FrameHandler): void {
    this.deliver = handler;
  }

  onRoom(): void {}
  onEnd(): void {}
  close(): void {}
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

const ARP = hex('ffffffffffff 525400123456 0806 0001 0800 06 04 0001 525400123456 0a000214 000000000000 0a000202');
/** UDP over IPv4, up to its payload, which is 'ab'. */
const HEAD = hex('525400123456 52550a000202 0800 4500 001e 0000 0000 40 11 62b8 0a000202 0a000214 03e8 07d0 000a 7aaa');
const ALL: DumpSettings = { layers: ['ether', 'arp', 'udp'], colour: false };
const UNFINISHED: Unfinished = { sumFrom: 34, sumField: 6, cut: Cut.NO, mss: 0 };

function dumped(settings: DumpSettings | null | undefined, subject: string = '') {
  const cable = new Cable();
  const sink = {
    text: '',
    writableLength: 0,
    write(text: string): void {
      this.text += text;
    },
  };
  const log = subject === '' ? new Log(Level.NONE, sink) : new Log(Level.NONE, sink).about(subject);
  const link = dump(cable, settings === undefined ? {} : { dump: settings }, log);
  const got: string[] = [];
  link.onFrame((b, at, end) => got.push(Buffer.from(b.subarray(at, end)).toString('hex')));
  return { cable, link, got, sink };
}

it.each([undefined, null])('%s: the cable is the one that was given', (settings) => {
  const { cable, link } = dumped(settings);
  expect(link).toBe(cable);
});

describe('frames', () => {
  it('from the guest, and they go on as they came', () => {
    const { cable, got, sink } = dumped(ALL);
    cable.deliver(new Uint8Array([9, 9, ...ARP]), 2, ARP.length + 2, false);
    expect(got).toEqual([ARP.toString('hex')]);
    expect(sink.text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} from guest 42 bytes\n {2}ETH \(14\): /);
    expect(sink.text).toMatch(/\n {2}ARP \(28\): .*\n$/);
  });

  it('to the guest, with what was lent', () => {
    const { cable, link, sink } = dumped(ALL);
    cable.slab.set(HEAD, link.reserve(HEAD.length + 2));
    link.commit(HEAD.length, new Uint8Array([0, 97, 98, 0]), 1, 3);
    expect(cable.sent).toEqual([`${HEAD.toString('hex')}6162`]);
    expect(sink.text).toContain(' to guest 10.0.2.2:1000 > 10.0.2.20:2000, 44 bytes\n');
    expect(sink.text).toContain('src_port:1000 dst_port:2000 len:10 checksum:0x7aaa payload:2');
    expect(sink.text).not.toContain('bad checksum');
  });

  it('checksums that a link completes are not called wrong', () => {
    const { cable, link, sink } = dumped(ALL);
    cable.slab.set(HEAD, link.reserve(HEAD.length + 2));
    cable.slab[100 + 41] = 1;
    link.commit(HEAD.length, new Uint8Array(2), 0, 2);
    expect(sink.text).toContain('bad checksum');
    sink.text = '';
    link.commit(HEAD.length, new Uint8Array(2), 0, 2, UNFINISHED);
    expect(sink.text).toContain('checksum:0x7a01 [offloaded]');
    sink.text = '';
    cable.deliver(new Uint8Array([...HEAD.with(41, 1), 0, 0]), 0, 44, true);
    expect(sink.text).toContain('checksum:0x7a01 [offloaded]');
  });

  it('of a layer that nobody asked for are not there', () => {
    const { cable, got, sink } = dumped({ ...ALL, layers: ['dns'] });
    cable.deliver(ARP, 0, ARP.length, false);
    expect(got).toHaveLength(1);
    expect(sink.text).toBe('');
  });

  it('of one guest of several have its name, on one line', () => {
    const { cable, sink } = dumped(ALL, 'a\nb');
    cable.deliver(ARP, 0, ARP.length, false);
    expect(sink.text.split('\n')[0]).toMatch(/^\S+ a\\x0ab: from guest /);
  });

  it('that nobody reads are lost, and counted', () => {
    const { cable, got, sink } = dumped(ALL);
    sink.writableLength = 2 << 20;
    for (let i = 0; i < 3; i++) cable.deliver(ARP, 0, ARP.length, false);
    expect(sink.text).toBe('');
    sink.writableLength = 0;
    cable.deliver(ARP, 0, ARP.length, false);
    expect(sink.text).toMatch(/^reslirp: warn: 3 messages were lost: nobody reads them\n/);
    expect(got).toHaveLength(4);
  });
});
