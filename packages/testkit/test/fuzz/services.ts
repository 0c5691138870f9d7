// What guests say to the services, nearly right: each protocol has arms of its own, for a byte drawn at random never comes so far.
import * as Ncsi from '@reslirp/wire/ncsi';
import fc from 'fast-check';
import { write } from '../../../services/test/dhcp-client.ts';
import { ia, type Options, pack, SERVER_DUID } from '../../../services/test/dhcp6-client.ts';
import { query } from '../../../services/test/dns-message.ts';
import { EVERYONE_MAC, ether, GUEST_MAC, text } from '../../../stack/test/rig.ts';

const few = fc.array(fc.nat(255), { maxLength: 12 });
const NCSI_TYPE = 0x88f8;
const NCSI_HEADER = 16;

const RIGHT4: readonly (readonly [number, number[]])[] = [
  [53, [1]],
  [53, [3]],
  [53, [4]],
  [53, [7]],
  [53, [8]],
  [50, [10, 0, 2, 20]],
  [50, [10, 0, 2, 2]],
  [54, [10, 0, 2, 2]],
  [51, [0, 0, 0, 60]],
  [55, [1, 3, 6, 12, 15, 26, 28, 43, 51, 66, 67, 119, 121]],
  [57, [2, 64]],
  [60, [...text('HTTPClient:Arch:00016')]],
  [61, [1, ...GUEST_MAC]],
  [77, [4, ...text('iPXE')]],
  [80, []],
  [81, [1, 0, 0, ...text('box')]],
  [81, [5, 0, 0, 3, ...text('box'), 0]],
  [93, [0, 7]],
  [97, Array.from({ length: 17 }, () => 0)],
];

/** DHCP, RFC 2131. */
export const dhcp: fc.Arbitrary<Uint8Array> = fc
  .record({
    op: fc.constantFrom(1, 1, 1, 1, 2),
    hlen: fc.constantFrom(6, 6, 6, 6, 16, 17),
    broadcast: fc.boolean(),
    options: fc.array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.constantFrom(...RIGHT4).map(([code, value]) => [code, [...value]] as [number, number[]]),
        },
        { weight: 1, arbitrary: fc.tuple(fc.nat(255), few) },
      ),
      { maxLength: 6 },
    ),
  })
  .map((fields) => write(GUEST_MAC, fields));

const RIGHT6: Options = [
  [1, [0, 3, 0, 1, ...GUEST_MAC]],
  [2, SERVER_DUID],
  [2, [0, 3, 0, 1, 2, 2, 2, 2, 2, 2]],
  ia(1),
  ia(1, 'fd00::1000'),
  ia(2, 'fd00::1001', '2001:db8::1'),
  [4, [0, 0, 0, 1]],
  [25, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]],
  [6, [0, 23, 0, 24, 0, 59]],
  [8, [0, 0]],
  [14, []],
  [15, [0, 3, 1, 2, 3]],
  [16, [0, 0, 1, 55, 0, 2, 1, 2]],
  [39, [1, 3, ...text('box'), 0]],
  [61, [0, 7]],
];

/** DHCPv6, RFC 8415. */
export const dhcp6: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(1, 1, 3, 3, 4, 5, 6, 8, 9, 11, 2, 7, 12, 13, 0, 255),
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...RIGHT6) },
        { weight: 1, arbitrary: fc.tuple(fc.nat(70), few) },
      ),
      { maxLength: 6 },
    ),
    fc.boolean(),
  )
  .map(([type, options, named]) =>
    Uint8Array.from([type, 1, 2, 3, ...pack(named ? [RIGHT6[0]!, ...options] : options)]),
  );

const name = fc.constantFrom(
  'a.example',
  'A.Example',
  'b.c.d.example',
  '',
  'x'.repeat(63),
  'localhost',
  '2.2.0.10.in-addr.arpa',
);

/** DNS, RFC 1035. */
export const dns: fc.Arbitrary<Uint8Array> = fc
  .record({
    id: fc.nat(0xffff),
    name,
    type: fc.constantFrom(1, 1, 28, 12, 16, 6, 255, 252, 41, 0),
    flags: fc.constantFrom(0x0100, 0x0100, 0x0100, 0x0110, 0, 0x8180, 0x2800),
    edns: fc.constantFrom(undefined, 512, 1_232, 0, 0xffff),
    cut: fc.constantFrom(0, 0, 0, 0, 1, 5),
  })
  .map(({ id, name: of, type, flags, edns, cut }) => {
    const whole = query(id, of, { type, flags, ...(edns === undefined ? {} : { edns }) });
    return whole.subarray(0, whole.length - cut);
  });

/** The same in a stream: length and message, several of them, the last not whole perhaps (RFC 7766). */
export const dnsStream: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.array(dns, { minLength: 1, maxLength: 4 }), fc.constantFrom(0, 0, 1, 7, 30))
  .map(([messages, cut]) => {
    const all = messages.flatMap((m) => [m.length >> 8, m.length & 255, ...m]);
    return Uint8Array.from(all.slice(0, Math.max(1, all.length - cut)));
  });

const word = fc.constantFrom(
  'boot',
  'octet',
  'netascii',
  'blksize',
  '1024',
  'tsize',
  '0',
  '../x',
  'windowsize',
  '64',
  'timeout',
  '',
);
const asked = fc.constantFrom(
  ['boot', 'octet'],
  ['boot', 'OCTET', 'blksize', '512', 'windowsize', '4'],
  ['boot', 'octet', 'tsize', '0', 'timeout', '1'],
  ['nothing', 'octet'],
);

/** TFTP, RFC 1350 and 2347. */
export const tftp: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(1, 1, 1, 1, 2, 3, 4, 5, 6, 9),
    fc.oneof({ weight: 3, arbitrary: asked }, { weight: 1, arbitrary: fc.array(word, { maxLength: 8 }) }),
    fc.array(word, { maxLength: 3 }),
  )
  .map(([op, words, more]) => Uint8Array.of(0, op, ...text([...words, ...more].map((w) => `${w}\0`).join(''))));

/** NC-SI, DSP0222: a command whose sum is right, or left out, or wrong. */
export const ncsi: fc.Arbitrary<Uint8Array> = fc
  .record({
    type: fc.oneof(fc.constantFrom(...Object.values(Ncsi.Command)), fc.nat(255)),
    channel: fc.constantFrom(0, 0, 0x1f, 1, 0x20),
    payload: fc.oneof(fc.constant([]), fc.constant([0, 0, 0x81, 0x19, 0, 0, 0x1b, 0]), few),
    length: fc.constantFrom(null, null, null, 0, 200, 4_095),
    right: fc.constantFrom('right', 'right', 'none', 'wrong'),
    revision: fc.constantFrom(1, 1, 1, 0),
  })
  .map(({ type, channel, payload, length, right, revision }) => {
    const size = length ?? payload.length;
    const b = new Uint8Array(46);
    b.set([0, revision, 0, 7, type, channel, size >> 8, size & 255]);
    b.set(payload, NCSI_HEADER);
    const stop = NCSI_HEADER + ((payload.length + 3) & ~3);
    if (right !== 'none')
      new DataView(b.buffer).setInt32(stop, Ncsi.checksum(b, 0, stop) + (right === 'wrong' ? 1 : 0));
    return ether(b, { dst: EVERYONE_MAC, type: NCSI_TYPE });
  });

/** Lines that name addresses, for the gateways that read along; the guest's own are among them. */
export const lines: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      'USER x\r\n',
      'PORT 10,0,2,15,4,1\r\n',
      'PORT 10,0,2,15,999,1\r\n',
      'PORT 192,0,2,1,4,1\r\n',
      'EPRT |1|10.0.2.15|5000|\r\n',
      'EPRT |2|fd00::15|5000|\r\n',
      'EPSV\r\nPASV\r\n',
      '227 Entering Passive Mode (127,0,0,1,4,1)\r\n',
      '227 =10,0,2,15,200,1\r\n',
      '229 Entering Extended Passive Mode (|||5000|)\r\n',
      ':a!b@c PRIVMSG x :\x01DCC SEND file 167772687 5000 10\x01\r\n',
      'PRIVMSG x :\x01DCC CHAT chat 167772687 5001\x01\r\n',
      'PRIVMSG x :\x01DCC RESUME file 5000 3\x01\r\n',
      'PRIVMSG x :\x01DCC ACCEPT file 5000 3\x01\r\n',
      '1000 , 21\r\n',
      '21, 1000 : USERID : UNIX : root\r\n',
      'PORT 10,0,2',
      `${'x'.repeat(1_500)}\r\n`,
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => all.join(''));
