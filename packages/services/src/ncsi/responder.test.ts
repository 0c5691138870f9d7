import * as Ncsi from '@reslirp/wire/ncsi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeNet } from '../../test/fake-net.ts';
import { type NcsiConfig, type NcsiResponder, ncsiResponder } from './responder.ts';

const MELLANOX = 0x8119;
const GET_MAC = [0, 0, 0x81, 0x19, 0, 0, 0x1b, 0];
const PAYLOAD = 14 + 16;

function bench(config: NcsiConfig = {}): { net: FakeNet; ncsi: NcsiResponder; ask: typeof ask } {
  const net = new FakeNet();
  const ncsi = ncsiResponder(config);
  ncsi.start(net);
  function ask(
    type: number,
    payload: readonly number[] = [],
    channel: number = 0,
    sum: number | null = null,
  ): Uint8Array | null {
    const b = new Uint8Array(60).fill(0xff, 0, 12);
    b.set([0x88, 0xf8, 0, 1, 0, 7, type, channel, 0, payload.length, 0, 0, 0, 0, 0, 0, 0, 0, ...payload], 12);
    const stop = PAYLOAD + ((payload.length + 3) & ~3);
    new DataView(b.buffer).setInt32(stop, sum ?? Ncsi.checksum(b, 14, stop));
    ncsi.frame!(b, 0, b.length, 0);
    return net.frames.pop() ?? null;
  }
  return { net, ncsi, ask };
}

/** Type, id, channel, length, code, reason; the checksum has been looked at. */
function head(b: Uint8Array | null): string | null {
  if (b === null) return null;
  const v = new DataView(b.buffer, b.byteOffset);
  const length = v.getUint16(20);
  const stop = PAYLOAD + ((length + 3) & ~3);
  let sum = 0;
  for (let p = 14; p < stop; p += 2) sum += v.getUint16(p);
  if ((sum + v.getUint32(stop)) % 2 ** 32 !== 0) throw new Error('the checksum is wrong');
  if (b.length < 60 || b.subarray(0, 12).some((x) => x !== 255)) throw new Error('not a frame to all');
  return `${b[18]!.toString(16)} ${b[17]} ${b[19]} ${length} ${v.getUint16(30)} ${v.getUint16(32)}`;
}

describe('DSP0222 8.4: every command', () => {
  const plain = [...Array(9).keys(), 9, 11, 12, 13, 14, 16, 17, 18, 19, 20].map((type) => [type, 4] as const);
  const long = [
    [10, 16],
    [0x15, 40],
    [0x16, 32],
    [0x17, 40],
    [0x18, 172],
    [0x19, 172],
    [0x1a, 172],
    [0x1b, 8],
    [0x52, 20],
  ] as const;

  it.each([...plain, ...long])('0x%x has %i bytes of payload', (type, length) => {
    expect(head(bench().ask(type))).toBe(`${(type | 0x80).toString(16)} 7 0 ${length} 0 0`);
  });

  it.each([0x0f, 0x1c, 0x4f, 0x51, 0x53, 0x7f])('0x%x is not supported', (type) => {
    expect(head(bench().ask(type))).toBe(`${(type | 0x80).toString(16)} 7 0 4 3 32767`);
  });

  it('says what there is: version, manufacturer, a link, a channel', () => {
    const { ask } = bench({ manufacturer: MELLANOX });
    expect([...ask(0x15)!.subarray(PAYLOAD + 4, PAYLOAD + 8)]).toEqual([0xf1, 0xf0, 0xf0, 0]);
    expect([...ask(0x15)!.subarray(PAYLOAD + 36, PAYLOAD + 40)]).toEqual([0, 0, 0x81, 0x19]);
    expect(ask(0x0a)![PAYLOAD + 7]).toBe(1);
    expect([...ask(0x16)!.subarray(PAYLOAD + 24, PAYLOAD + 32)]).toEqual([0, 0, 0, 2, 0, 0, 0xff, 1]);
  });
});

describe('whom it is for', () => {
  it('package 0 alone, its channel 0, and all of it', () => {
    const { ask } = bench();
    expect(ask(1, [0, 0, 0, 0], 0x20)).toBeNull();
    expect(head(ask(1, [0, 0, 0, 0], 0x1f))).toBe('81 7 31 4 0 0');
    expect(head(ask(0, [], 1))).toBe('80 7 1 4 1 2');
  });

  it('a checksum that is wrong is no request; 0 is none', () => {
    const { ask, ncsi } = bench();
    expect(ask(0, [], 0, 1)).toBeNull();
    expect(head(ask(0, [], 0, 0))).toBe('80 7 0 4 0 0');
    expect(ncsi.stats()).toMatchObject({ checksum: 1, responses: 1 });
  });
});

describe('commands of manufacturers', () => {
  it('Mellanox: the MAC address', () => {
    const b = bench({ manufacturer: MELLANOX, mac: '52:54:00:00:00:01' }).ask(0x50, GET_MAC)!;
    expect(head(b)).toBe('d0 7 0 24 0 0');
    expect([...b.subarray(PAYLOAD + 4, PAYLOAD + 24)]).toEqual([
      0, 0, 0x81, 0x19, 1, 0, 0x1b, 0, 0, 0, 0, 0, 0x52, 0x54, 0, 0, 0, 1, 0, 0,
    ]);
    expect(bench({ manufacturer: MELLANOX }).ask(0x50, GET_MAC)![PAYLOAD + 8]).toBe(0);
  });

  it('others are not supported', () => {
    expect(head(bench().ask(0x50, GET_MAC))).toBe('d0 7 0 8 3 32767');
    expect(head(bench({ manufacturer: MELLANOX }).ask(0x50, [0, 0, 0x11, 0x3d, 0, 0, 0x1b, 0]))).toBe(
      'd0 7 0 8 3 32767',
    );
    expect(head(bench({ manufacturer: MELLANOX }).ask(0x50, [0, 0]))).toBe('d0 7 0 4 1 5');
  });
});

it('any bytes are answered, or counted once', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, isMeant) => {
      const { net, ncsi } = bench({ manufacturer: MELLANOX });
      const b = new Uint8Array(14 + bytes.length);
      b.set(bytes, 14);
      if (isMeant && bytes.length > 8) b.set([0, 1, 0, 1, bytes[4]! & 0x7f, 0, 0, bytes[7]! & 31], 14);
      ncsi.frame!(b, 0, b.length, 0);
      for (const frame of net.frames) head(frame);
      expect(Object.values(ncsi.stats()).reduce((x, y) => x + y, 0)).toBe(1);
    }),
    { numRuns: 300 },
  );
});

it.each([{ mac: '01:00:00:00:00:00' }, { mac: 'x' }, { manufacturer: -1 }])('%j cannot be', (config) => {
  expect(() => ncsiResponder(config)).toThrow();
});
