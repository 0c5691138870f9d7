// What a guest can send that no client would.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Client, type Fields, read, typeOf, write } from '../../test/dhcp-client.ts';
import { FakeNet } from '../../test/fake-net.ts';
import { type Dhcp4Server, dhcp4Server } from './server.ts';

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

function bench(): { net: FakeNet; server: Dhcp4Server } {
  const net = new FakeNet();
  const server = dhcp4Server({ hostname: 'guest', search: ['lan.example'], maxLeases: 8 });
  server.start(net);
  return { net, server };
}

/** Every datagram is answered or counted, once. */
function outcomes(server: Dhcp4Server): number {
  const { omitted: _, conflicts: __, forgotten: ___, ...counters } = server.stats();
  return Object.values(counters).reduce((a, b) => a + b, 0);
}

const address = fc.constantFrom('0.0.0.0', '10.0.2.15', '10.0.2.16', '10.0.2.2', '10.0.2.255', '192.168.1.1');
const fields: fc.Arbitrary<Fields> = fc.record({
  op: fc.constantFrom(1, 1, 1, 2),
  hlen: fc.constantFrom(6, 6, 6, 0, 16, 17, 255),
  broadcast: fc.boolean(),
  ciaddr: address,
  giaddr: address,
  options: fc.array(
    fc.tuple(
      fc.constantFrom(12, 50, 51, 52, 53, 53, 53, 54, 55, 57, 61, 80, 81, 82, 119, 254),
      fc.oneof(
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 5 }),
        fc.constantFrom([1], [3], [10, 0, 2, 15], [10, 0, 2, 2], [255, 255, 255, 255]),
        fc.array(fc.nat(255), { maxLength: 255 }),
      ),
    ),
    { maxLength: 6 },
  ),
});

it('any fields and options are answered well, or counted', () => {
  fc.assert(
    fc.property(fc.array(fields, { minLength: 1, maxLength: 12 }), (requests) => {
      const { net, server } = bench();
      for (const f of requests) {
        for (const sent of net.ask(server, write(MAC, f), '0.0.0.0:68', '255.255.255.255:67', MAC)) {
          const m = read(sent.bytes);
          expect(['OFFER', 'ACK', 'NAK', 'BOOTP']).toContain(typeOf(m));
          expect(m.xid).toBe(0xdeadbeef);
          expect(sent.bytes.length).toBeLessThanOrEqual(1_472);
          expect(m.options.get(54)).toEqual(typeOf(m) === 'BOOTP' ? undefined : [10, 0, 2, 2]);
        }
      }
      expect(outcomes(server)).toBe(requests.length);
    }),
    { numRuns: 300 },
  );
});

it('any bytes are survived, cut anywhere and changed anywhere', () => {
  const whole = write(MAC, {
    options: [
      [53, [3]],
      [61, [1, ...MAC]],
      [50, [10, 0, 2, 15]],
      [55, [1, 3, 6, 119]],
      [57, [5, 220]],
    ],
  });
  const spoiled = fc
    .record({
      cut: fc.nat(whole.length),
      changes: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
    })
    .map(({ cut, changes }) => {
      const b = whole.slice();
      for (const [at, value] of changes) b[at] = value;
      return b.subarray(0, cut);
    });
  fc.assert(
    fc.property(fc.oneof(spoiled, fc.uint8Array({ maxLength: 400 })), (bytes) => {
      const { net, server } = bench();
      for (const sent of net.ask(server, bytes, '0.0.0.0:68', '255.255.255.255:67', MAC)) {
        if (!isPlain(sent.bytes)) read(sent.bytes);
      }
      expect(outcomes(server)).toBe(1);
    }),
    { numRuns: 500 },
  );
});

it('a flood of clients fills the table and no more, and those who were there stay', () => {
  const { net, server } = bench();
  const first = new Client(net, server, 1);
  const own = first.bind();
  for (let n = 2; n < 1_000; n++) new Client(net, server, n).discover();
  expect(server.leases()).toHaveLength(8);
  expect(server.stats()).toMatchObject({ offers: 8, full: 991 });
  expect(first.renew(own)[0]).toMatch(new RegExp(`^ACK ${own} `));
  net.after(server, 60_000);
  expect(new Client(net, server, 2_000).discover()).toHaveLength(1);
});

/** An answer to a client without options. */
function isPlain(b: Uint8Array): boolean {
  return b.length === 300 && b.subarray(236).every((x) => x === 0);
}
