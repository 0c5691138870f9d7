import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIG_2, LITTLE_2 } from '@reslirp/link';
import { afterAll, describe, expect, it } from 'vitest';
import { type CableSettings, cableSettings, inClear } from './cable-settings.ts';
import { parse } from './parse.ts';
import { UsageError } from './usage-error.ts';

const directory = mkdtempSync(join(tmpdir(), 'reslirp-cables-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const TOKEN = file('token', 'correct-horse\r\nsecond line\n');
const CERT = file('cert', 'a certificate');
const KEY = file('key', 'a key');

function of(...args: string[]): CableSettings | null {
  return cableSettings(parse(args));
}

it('nothing said: the cable is standard input and output', () => {
  expect(of()).toBeNull();
});

it('ways in their order, and what is usual', () => {
  expect(of('--listen', '9000', '--qemu=unix:/tmp/q', '--qemu', 'connect:example.org:1', '--reverse', 'h:2')).toEqual({
    ways: [
      { kind: 'listen', place: { kind: 'tcp', host: '127.0.0.1', port: 9000 } },
      { kind: 'qemu', how: 'listen', place: { kind: 'unix', path: '/tmp/q' } },
      { kind: 'qemu', how: 'connect', place: { kind: 'tcp', host: 'example.org', port: 1 } },
      { kind: 'reverse', place: { kind: 'tcp', host: 'h', port: 2 } },
    ],
    framing: BIG_2,
    token: null,
    tls: null,
    dialTls: null,
    origins: null,
    reconnect: false,
    maxGuests: 64,
    keep: 0,
    shared: null,
  });
});

it('a switch, and a socket of packets', () => {
  expect(of('--vde', '/run/vde.ctl[5]', '--reconnect')).toMatchObject({
    ways: [{ kind: 'vde', url: { text: 'vde:///run/vde.ctl[5]', switch: { path: '/run/vde.ctl', port: 5 } } }],
    reconnect: true,
  });
  expect(of('--listen', 'seqpacket:/tmp/p')?.ways).toEqual([{ kind: 'seqpacket', path: '/tmp/p' }]);
  expect(inClear(of('--vde', '/run/vde.ctl', '--vde', 'vxvde://')!)).toEqual([]);
});

it.each([
  [['--vde', '/a', '--max-guests', '3'], '--max-guests'],
  [['--vde', '/a', '--framing', 'qemu'], '--framing'],
  [['--vde', '/a', '--shared'], '--shared'],
  [['--listen', 'seqpacket:/a', '--reconnect'], '--reconnect'],
  [['--listen', 'seqpacket:/a', '--vde', '/b'], '--listen'],
])('%j: nothing to act upon', (args, option) => {
  expect(() => of(...args)).toThrow(`${option}: `);
});

it('the token is the first line of its file; certificate and key are read', () => {
  const secure = ['--token-file', TOKEN, '--tls-cert', CERT, '--tls-key', KEY];
  expect(
    of('--listen', '0.0.0.0:9000', ...secure, '--framing', 'gvproxy', '--max-guests', '2', '--keep', '30'),
  ).toMatchObject({
    token: 'correct-horse',
    tls: { cert: 'a certificate', key: 'a key' },
    framing: LITTLE_2,
    maxGuests: 2,
    keep: 30_000,
  });
  expect(of('--reverse', 'h:1', '--tls', '--tls-ca', CERT, '--reconnect')).toMatchObject({
    dialTls: { ca: 'a certificate' },
    reconnect: true,
  });
});

it('one network for all, when that is said', () => {
  expect(of('--ws', '1', '--shared')?.shared).toEqual({ isolated: false });
  expect(of('--reverse', 'h:1', '--qemu', 'udp:2', '--shared', '--isolated')?.shared).toEqual({ isolated: true });
});

it('open to others without TLS: that can be said to the user', () => {
  const open = ['--listen', '0.0.0.0:9000', '--token-file', TOKEN];
  expect(inClear(of(...open)!)).toHaveLength(1);
  expect(inClear(of(...open, '--tls-cert', CERT, '--tls-key', KEY)!)).toHaveLength(0);
  expect(inClear(of('--listen', '9000')!)).toHaveLength(0);
});

describe('refused', () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['--listen', '0.0.0.0:1'], "--listen: '0.0.0.0:1' is open to others than this machine: that needs --token-file"],
    [['--qemu', '[::]:1'], "--qemu: '[::]:1' is open to others than this machine, and QEMU has no token to show"],
    [['--qemu', 'udp:0.0.0.0:1'], 'QEMU has no token to show'],
    [['--qemu', 'udp:unix:/x'], 'Node has none for datagrams'],
    [['--framing', 'vde'], '--framing: is for --listen and --reverse'],
    [['--qemu', '1', '--framing', 'vde'], '--framing: is for --listen and --reverse'],
    [['--qemu', '1', '--token-file', TOKEN], '--token-file: is for --listen, --ws and --reverse'],
    [['--reverse', 'h:1', '--tls-cert', CERT], '--tls-cert: is for --listen and --ws'],
    [['--listen', '1', '--tls-cert', CERT], '--tls-cert: needs --tls-key'],
    [['--listen', '1', '--tls-key', CERT], '--tls-key: needs --tls-cert'],
    [['--ws', '0.0.0.0:1'], "--ws: '0.0.0.0:1' is open to others than this machine: that needs --token-file"],
    [['--listen', '1', '--origin', '*'], '--origin: is for --ws'],
    [['--ws', '1', '--framing', 'vde'], '--framing: is for --listen and --reverse'],
    [['--ws', '1', '--origin', 'example.org'], "--origin: 'example.org' is not a list of origins"],
    [['--ws', '1', '--origin', 'https://example.org/'], 'is not a list of origins'],
    [['--reverse', 'h:1', '--shared'], '--shared: is for guests that come, or for several'],
    [['--listen', '1', '--isolated'], '--isolated: is for --shared'],
    [['--listen', '1', '--shared', '--mfr-id', '1'], '--mfr-id: is for NC-SI, '],
    [['--listen', '1', '--shared', '--oob-eth-addr', '52:54:00:00:00:01'], '--oob-eth-addr: is for NC-SI, '],
    [['--listen', '1', '--tls'], '--tls: is for --reverse'],
    [['--reverse', 'h:1', '--tls-ca', CERT], '--tls-ca: needs --tls'],
    [['--listen', '1', '--reconnect'], '--reconnect: is for --reverse, --vde and --qemu connect:'],
    [['--reverse', 'h:1', '--keep', '1'], '--keep: is for guests that can come back'],
    [['--qemu', 'udp:1', '--keep', '1'], '--keep: is for guests that can come back'],
    [['--keep', '1'], '--keep: is for guests that can come back'],
    [['--listen', '1', '--keep', '-1'], "--keep: '-1' is not a number from 0 to 86400"],
    [['--reverse', 'h:1', '--max-guests', '1'], '--max-guests: is for --listen, --ws and --qemu'],
    [['--listen', '1', '--token-file', file('short', 'short\n')], 'is not 8 to 256 letters'],
    [['--listen', '1', '--token-file', file('empty', '')], 'is not 8 to 256 letters'],
    [['--listen', '1', '--token-file', file('spaces', 'correct horse\n')], 'is not 8 to 256 letters'],
    [['--listen', 'nowhere'], "--listen: 'nowhere' is not a place such as"],
    [['--qemu', 'connect:'], "--qemu: 'connect:' is not a place such as"],
    [['--framing', 'token-ring'], "--framing: 'token-ring' is not one of vde, gvproxy, qemu"],
    [['--max-guests', '0'], "--max-guests: '0' is not a number from 1 to 4096"],
  ];
  it.each(cases)('%j', (args, words) => {
    expect(() => of(...args)).toThrow(UsageError);
    expect(() => of(...args)).toThrow(words);
  });
});
