import { ConfigError } from '@reslirp/stack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Client, DISCOVER, INFORM, type Message, type Options, REQUEST, read, write } from '../../test/dhcp-client.ts';
import { FakeNet } from '../../test/fake-net.ts';
import type { Dhcp4Boot } from './boot.ts';
import { type Dhcp4Server, dhcp4Server } from './server.ts';
import { type Dhcp4Config, settings } from './settings.ts';

function bench(config: Dhcp4Config): { net: FakeNet; server: Dhcp4Server; client: Client } {
  const net = new FakeNet();
  const server = dhcp4Server(config);
  server.start(net);
  return { net, server, client: new Client(net, server, 1) };
}

function offer(config: Dhcp4Config, options: Options = []): Message {
  return bench(config).client.hear(DISCOVER, { options });
}

const bytes = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));

function option(m: Message, code: number): string | null {
  const value = m.options.get(code);
  return value === undefined ? null : String.fromCharCode(...value);
}

/** siaddr, sname, file, options 66, 67 and 60. */
function told(m: Message): (string | null)[] {
  return [m.siaddr, m.sname, m.file, option(m, 66), option(m, 67), option(m, 60)];
}

const GATEWAY = '10.0.2.2';
const arch = (...numbers: number[]): Options => [[93, numbers.flatMap((n) => [n >> 8, n & 255])]];
const HTTP: Options = [[60, bytes('HTTPClient:Arch:00016:UNDI:003001')]];
const IPXE: Options = [[77, bytes('iPXE')]];

describe('where the file is', () => {
  it.each<[string, Dhcp4Config, (string | null)[]]>([
    ['nothing is said', {}, ['0.0.0.0', '', '', null, null, null]],
    ['the gateway has files', { boot: {} }, [GATEWAY, GATEWAY, '', GATEWAY, null, null]],
    ['a file', { boot: { files: [{ file: 'x' }] } }, [GATEWAY, GATEWAY, 'x', GATEWAY, 'x', null]],
    ['an address', { boot: { serverName: '192.0.2.9' } }, ['192.0.2.9', '192.0.2.9', '', '192.0.2.9', null, null]],
    ['a name', { boot: { serverName: 'boot.lan' } }, [GATEWAY, 'boot.lan', '', 'boot.lan', null, null]],
    [
      'options 66 and 67',
      { options: ['66=192.0.2.9', '67=y'] },
      ['192.0.2.9', '192.0.2.9', 'y', '192.0.2.9', 'y', null],
    ],
    [
      'both: the options count',
      { boot: { files: [{ file: 'x' }], serverName: '192.0.2.8' }, options: ['66=192.0.2.9', '67=y'] },
      ['192.0.2.9', '192.0.2.9', 'y', '192.0.2.9', 'y', null],
    ],
    [
      'options that are left out',
      { boot: { files: [{ file: 'x' }] }, options: ['66=', '67='] },
      [GATEWAY, '', '', null, null, null],
    ],
  ])('%s', (_what, config, expected) => {
    expect(told(offer(config))).toEqual(expected);
  });

  it('is in an ACK and in the answer to INFORM, and in no NAK', () => {
    const { client } = bench({ boot: { files: [{ file: 'x' }] } });
    const there = [GATEWAY, GATEWAY, 'x', GATEWAY, 'x', null];
    expect(told(client.hear(REQUEST, { ciaddr: '10.0.2.40' }))).toEqual(there);
    expect(told(client.hear(INFORM, { ciaddr: '10.0.2.40' }))).toEqual(there);
    expect(told(client.hear(REQUEST, { ciaddr: '192.168.1.1' }))).toEqual(['0.0.0.0', '', '', null, null, null]);
  });

  it('is told once to a client that asks for it', () => {
    const { codes } = offer({ boot: { files: [{ file: 'x' }] } }, [[55, [67, 66]]]);
    expect(codes.filter((code) => code === 66 || code === 67)).toEqual([67, 66]);
  });

  it.each([127, 128, 255])('a name of %i bytes is in the field when a zero fits behind it', (size) => {
    const file = 'x'.repeat(size);
    const m = offer({ boot: { files: [{ file }], serverName: file } }, [[57, [0x05, 0xdc]]]);
    expect(told(m)).toEqual([GATEWAY, '', size < 128 ? file : '', file, file, null]);
  });

  it('BOOTP has it in the fields alone, with options of its own or without', () => {
    for (const plain of [false, true]) {
      const { net, server, client } = bench({ boot: { files: [{ file: 'x' }] } });
      const [sent] = net.ask(server, write(client.mac, { plain }), '0.0.0.0:68', '255.255.255.255:67', client.mac);
      const b = sent!.bytes;
      const text = (at: number, size: number): string => String.fromCharCode(...b.subarray(at, at + size));
      expect([[...b.subarray(20, 24)], text(44, 9), text(108, 2)]).toEqual([[10, 0, 2, 2], `${GATEWAY}\0`, 'x\0']);
      if (!plain) expect(read(b).codes).not.toContain(67);
      expect(server.stats()['omitted']).toBe(0);
    }
  });
});

describe('which file', () => {
  const boot: Dhcp4Boot = {
    files: [
      { file: 'all' },
      { when: 'bios', file: 'bios' },
      { when: 'x64-uefi', file: 'old' },
      { when: 'x64-uefi', file: 'x64' },
      { when: 'ipxe', file: 'script' },
      { when: 'http', file: 'http://a/h' },
      { when: 'arm64-http', file: 'HTTPS://a/arm' },
    ],
  };

  it.each<[string, Options, string]>([
    ['nothing of itself', [], 'all'],
    ['BIOS', arch(0), 'bios'],
    ['UEFI', arch(7), 'x64'],
    ['UEFI, by the other number', arch(9), 'x64'],
    ['an architecture without a file', arch(11), 'all'],
    ['several, of which one has a file', arch(11, 99, 7), 'x64'],
    ['iPXE, on UEFI', [...IPXE, ...arch(7)], 'script'],
    ['iPXE behind a length', [[77, [4, ...bytes('iPXE')]]], 'script'],
    ['options of iPXE', [[175, [1, 1, 0]]], 'script'],
    ['another user class', [[77, bytes('iPX')]], 'all'],
    ['half an architecture', [[93, [0]]], 'all'],
    ['no architecture', [[93, []]], 'all'],
    ['HTTP', HTTP, 'http://a/h'],
    ['HTTP on ARM', [...HTTP, ...arch(19)], 'HTTPS://a/arm'],
    ['another vendor class', [[60, bytes('PXEClient')]], 'all'],
  ])('a client that says %s', (_what, options, file) => {
    const m = offer({ boot }, options);
    expect([m.file, option(m, 67), option(m, 60)]).toEqual([file, file, /^http/i.test(file) ? 'HTTPClient' : null]);
  });

  it('a client of HTTP is told of no file that is not a URL, and is told of one for everybody', () => {
    const plain = (file: string): (string | null)[] => told(offer({ boot: { files: [{ file }] } }, HTTP)).slice(2);
    expect(plain('x')).toEqual(['', GATEWAY, null, null]);
    expect(plain('http://a/b')).toEqual(['http://a/b', GATEWAY, 'http://a/b', 'HTTPClient']);
  });

  it('is that of this request, not of the one before', () => {
    const { client } = bench({ boot });
    const files = [IPXE, [], HTTP, arch(0)].map((options) => client.hear(DISCOVER, { options }).file);
    expect(files).toEqual(['script', 'all', 'http://a/h', 'bios']);
  });

  it('whatever a client says of itself, it is answered', () => {
    const value = fc.uint8Array({ maxLength: 40 }).map((b) => [...b]);
    const said = fc.array(fc.tuple(fc.constantFrom(60, 77, 93, 175), value), { maxLength: 4 });
    const { client } = bench({ boot });
    fc.assert(fc.property(said, (options) => told(client.hear(DISCOVER, { options }))[0] === GATEWAY));
  });
});

it.each<[Dhcp4Boot, string]>([
  [{ files: [{ file: '' }] }, "boot.files[0]: '' is not text of ASCII characters"],
  [{ files: [{ file: 'a b' }] }, "boot.files[0]: 'a b' is not text of ASCII characters"],
  [{ files: [{ file: 'x' }, { file: 'x'.repeat(256) }] }, 'boot.files[1]: is longer than 255 bytes'],
  [{ files: [{ when: 'http', file: 'x' }] }, "boot.files[0]: 'x' is not a URL of HTTP"],
  [{ files: [{ when: 'x64-http', file: 'tftp://x' }] }, "boot.files[0]: 'tftp://x' is not a URL of HTTP"],
  [{ files: [{ when: 'amiga' as 'bios', file: 'x' }] }, "boot.files[0]: there is no client 'amiga'"],
  [{ serverName: '' }, "boot.serverName: '' is not text of ASCII characters"],
])('%j cannot be', (boot, message) => {
  expect(() => settings({ boot })).toThrow(
    new ConfigError(message.split(': ')[0]!, message.split(': ').slice(1).join(': ')),
  );
});
