import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeNet } from '../../test/fake-net.ts';
import { bytes, type ClientOptions, line, MemoryFiles, TftpClient, text } from '../../test/tftp-client.ts';
import { FileFault } from './files.ts';
import { type TftpServer, tftpServer } from './server.ts';

interface Bench {
  net: FakeNet;
  files: MemoryFiles;
  server: TftpServer;
  told: string[];
  client: (options?: ClientOptions) => TftpClient;
}

function bench({ mtu = 1_500, maxTransfers = 64 } = {}): Bench {
  const net = new FakeNet({ mtu });
  const files = new MemoryFiles();
  const told: string[] = [];
  const server = tftpServer({
    files,
    maxTransfers,
    ended: (guest, name, how) => told.push(`${guest} ${name}: ${how}`),
  });
  server.start(net);
  return { net, files, server, told, client: (options) => new TftpClient(net, server, options) };
}

function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255);
}

function mac(n: number): Uint8Array {
  return Uint8Array.of(2, 0, 0, 0, 1, n);
}

describe('a transfer', () => {
  it.each([0, 1, 511, 512, 513, 1_024, 5_000])('of %i bytes arrives', (size) => {
    const { net, files, server, client, told } = bench();
    files.contents.set('f', pattern(size));
    expect(client().download('f')).toEqual({
      data: [...pattern(size)],
      messages: 2 * Math.floor(size / 512) + 2,
      error: null,
    });
    expect(server.stats()).toMatchObject({ requests: 1, sent: 1, repeated: 0, transfers: 0 });
    expect([files.opened, net.ports.size, told]).toEqual([0, 0, ['10.0.2.15:2070 f: sent']]);
  });

  it('has a port of its own at each end, at the address that was asked', () => {
    const { files, client } = bench();
    files.contents.set('f', pattern(600));
    const sent = [
      client().get('f')[0],
      client({ from: '10.0.2.15:2071' }).get('f')[0],
      client({ family: 6 }).get('f')[0],
    ];
    expect(sent.map((s) => `${s?.from} > ${s?.to}`)).toEqual([
      '10.0.2.2:50000 > 10.0.2.15:2070',
      '10.0.2.2:50001 > 10.0.2.15:2071',
      '[fd00::2]:50002 > [fd00::15]:2070',
    ]);
  });

  it('goes on with block 0 after 65535', () => {
    const { files, client } = bench();
    const size = 8 * 65_540 + 3;
    files.contents.set('f', pattern(size));
    const { data } = client().download('f', ['blksize', 8, 'windowsize', 64]);
    expect(data.length).toBe(size);
    expect(Uint8Array.from(data)).toEqual(pattern(size));
  }, 60_000);

  it('survives the loss of any five messages, in windows and without', () => {
    const losses = fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.nat(3_000), fc.integer({ min: 1, max: 9 }), losses, (size, w, lost) => {
        const { files, client } = bench();
        files.contents.set('f', pattern(size));
        const { data } = client().download('f', ['blksize', 64, 'windowsize', w], 'octet', (n) => lost.includes(n));
        expect(data).toEqual([...pattern(size)]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('options', () => {
  it.each<[string, (string | number)[], string]>([
    ['none', [], 'DATA 1 512'],
    [
      'all',
      ['blksize', 1_000, 'tsize', 0, 'timeout', 3, 'windowsize', 4],
      'OACK blksize=1000 timeout=3 tsize=5000 windowsize=4',
    ],
    ['in capitals', ['BLKSIZE', 1_024], 'OACK blksize=1024'],
    ['as EDK2 asks', ['tsize', 0, 'blksize', 1_468, 'windowsize', 4], 'OACK blksize=1468 tsize=5000 windowsize=4'],
    ['a block larger than a packet', ['blksize', 65_464], 'OACK blksize=1468'],
    ['no block', ['blksize', 7], 'DATA 1 512'],
    ['a window larger than we send', ['windowsize', 65_535, 'blksize', 1_024], 'OACK blksize=1024 windowsize=64'],
    ['no window', ['windowsize', 0], 'DATA 1 512'],
    ['no time', ['timeout', 0], 'DATA 1 512'],
    ['too much time', ['timeout', 256], 'DATA 1 512'],
    ['a size that is no question', ['tsize', 77], 'DATA 1 512'],
    ['what is no number', ['blksize', '1e3', 'tsize', '0x0', 'timeout', ''], 'DATA 1 512'],
    ['unknown ones', ['multicast', '', 'blksize', 512, 'foo', 'bar'], 'OACK blksize=512'],
  ])('%s', (_what, options, answer) => {
    const { files, client } = bench();
    files.contents.set('f', pattern(5_000));
    expect(client().get('f', options).map(line)).toEqual([answer]);
  });

  it('a block fits a packet of the network, with the headers of its IP', () => {
    const { files, client } = bench({ mtu: 1_280 });
    files.contents.set('f', pattern(5_000));
    expect(client().get('f', ['blksize', 1_468]).map(line)).toEqual(['OACK blksize=1248']);
    expect(client({ family: 6 }).get('f', ['blksize', 1_468]).map(line)).toEqual(['OACK blksize=1228']);
  });

  it('an OACK is acknowledged as block 0, and then data come', () => {
    const { files, client } = bench();
    files.contents.set('f', pattern(5_000));
    const c = client();
    c.get('f', ['windowsize', 3]);
    expect(c.ack(0).map(line)).toEqual(['DATA 1 512', 'DATA 2 512', 'DATA 3 512']);
    expect(c.ack(2).map(line)).toEqual(['DATA 3 512', 'DATA 4 512', 'DATA 5 512']);
    expect(c.ack(5).map(line)).toEqual(['DATA 6 512', 'DATA 7 512', 'DATA 8 512']);
  });
});

describe('what is said again', () => {
  it('after 1, 2, 4, 8, 8 … seconds, until half a minute has gone', () => {
    const { net, files, server, client, told } = bench();
    files.contents.set('f', pattern(600));
    client().get('f');
    const said = Array.from({ length: 60 }, (_, i) => {
      net.after(server, 1_000);
      return net.take().length > 0 ? i + 1 : 0;
    }).filter((second) => second > 0);
    expect(said).toEqual([1, 3, 7, 15, 23]);
    expect([files.opened, net.ports.size, told]).toEqual([0, 0, ['10.0.2.15:2070 f: the guest is silent']]);
    expect(server.deadline?.()).toBe(Infinity);
  });

  it.each([
    [2, [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28]],
    [20, [20, 40]],
    [255, [255, 510]],
  ])('after the %i seconds that the guest asked for', (timeout, wanted) => {
    const { net, files, server, client } = bench();
    files.contents.set('f', pattern(600));
    client().get('f', ['timeout', timeout]);
    const said: number[] = [];
    for (let second = 1; second < 800; second++) {
      net.after(server, 1_000);
      if (net.take().length > 0) said.push(second);
    }
    expect(said).toEqual(wanted);
    expect(files.opened).toBe(0);
  });

  it('an acknowledgement that comes twice starts nothing: no Sorcerer’s Apprentice, RFC 1123 4.2.3.1', () => {
    const { files, client } = bench();
    files.contents.set('f', pattern(5_000));
    const c = client();
    c.get('f');
    expect(c.ack(1).map(line)).toEqual(['DATA 2 512']);
    expect([c.ack(1), c.ack(0), c.ack(3), c.ack(65_535)]).toEqual([[], [], [], []]);
    expect(c.ack(2).map(line)).toEqual(['DATA 3 512']);
  });

  it('in windows it hints at a loss, unless the next one comes before long', () => {
    const { net, files, server, client } = bench();
    files.contents.set('f', pattern(9_000));
    const c = client();
    c.get('f', ['windowsize', 2]);
    c.ack(0);
    expect([c.ack(0), c.ack(0)]).toEqual([[], []]);
    net.after(server, 99);
    expect(net.take()).toEqual([]);
    net.after(server, 1);
    expect(net.take().map(line)).toEqual(['DATA 1 512', 'DATA 2 512']);
    expect(c.ack(2).map(line)).toEqual(['DATA 3 512', 'DATA 4 512']);
    c.ack(2); // the old one, twice
    expect(c.ack(4).map(line)).toEqual(['DATA 5 512', 'DATA 6 512']);
    net.after(server, 999);
    expect(net.take()).toEqual([]);
  });

  it('a request that comes again is answered from the same port, and is no other transfer', () => {
    const { files, server, client } = bench();
    files.contents.set('f', pattern(600));
    const c = client();
    const [first] = c.get('f', ['tsize', 0]);
    const [again] = c.get('f', ['tsize', 0]);
    expect(again).toEqual(first);
    expect(server.stats()).toMatchObject({ requests: 1, repeated: 0, transfers: 1 });
    expect(c.ack(0).map(line)).toEqual(['DATA 1 512']);
  });

  it('another request from the same port takes its place', () => {
    const { net, files, server, client } = bench();
    files.contents.set('f', pattern(600));
    files.contents.set('g', pattern(5));
    const c = client();
    const [first] = c.get('f');
    const [second] = c.get('g');
    expect(second?.from).not.toBe(first?.from);
    c.get('f');
    c.ack(1);
    expect(c.get('f').map(line)).toEqual(['DATA 1 512']); // it had begun: the guest has begun anew
    expect([files.opened, net.ports.size, server.stats()['transfers']]).toEqual([1, 1, 1]);
  });
});

describe('netascii', () => {
  const TEXT = 'one\ntwo\r\nthree\r\n\nfour\rfive';
  const WIRE = 'one\r\ntwo\r\0\r\nthree\r\0\r\n\r\nfour\r\0five';

  it.each([8, 9, 10, 11, 12, 13, 512])('is right across blocks of %i bytes, whatever is lost', (blksize) => {
    for (const windowsize of [1, 2, 3]) {
      for (let one = 2; one < 14; one++) {
        const { files, client } = bench();
        files.contents.set('f', bytes(TEXT));
        const { data } = client().download(
          'f',
          ['blksize', blksize, 'windowsize', windowsize],
          'NetASCII',
          (n) => n === one,
        );
        expect(text(Uint8Array.from(data))).toBe(WIRE);
      }
    }
  });

  it('of any text is undone by its rules', () => {
    const letters = fc.string({ unit: fc.constantFrom('\r', '\n', '\0', 'a', 'b'), maxLength: 60 });
    fc.assert(
      fc.property(
        letters,
        fc.integer({ min: 8, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(30),
        (t, blksize, w, one) => {
          const { files, client } = bench();
          files.contents.set('f', bytes(t));
          const { data } = client().download(
            'f',
            ['blksize', blksize, 'windowsize', w],
            'netascii',
            (n) => n === one && n > 0,
          );
          expect(text(Uint8Array.from(data)).replaceAll(/\r([\n\0])/g, (_, c) => (c === '\n' ? '\n' : '\r'))).toBe(t);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('has a size that is not known before the end, and so says none', () => {
    const { files, client } = bench();
    files.contents.set('f', bytes(TEXT));
    expect(client().get('f', ['tsize', 0], 'netascii').map(line)).toEqual([`DATA 1 ${WIRE.length}`]);
    expect(client().get('f', ['tsize', 0, 'blksize', 8], 'netascii').map(line)).toEqual(['OACK blksize=8']);
  });
});

describe('a file that changes on the way', () => {
  it('and is longer: the guest gets what it was', () => {
    const { files, client } = bench();
    files.contents.set('f', pattern(600));
    const c = client();
    c.get('f');
    files.contents.set('f', pattern(9_000));
    expect(c.ack(1).map(line)).toEqual(['DATA 2 88']);
    expect([c.ack(2), files.opened]).toEqual([[], 0]);
  });

  it.each(['octet', 'netascii'])('and is shorter, or cannot be read: an error, %s', (mode) => {
    const { net, files, client, told } = bench();
    files.contents.set('f', new Uint8Array(600).fill(65));
    const c = client();
    c.get('f', [], mode);
    files.contents.set('f', new Uint8Array(550).fill(65));
    expect(c.ack(1).map(line)).toEqual(['ERROR 0 the file has changed']);
    expect([files.opened, net.ports.size, told]).toEqual([0, 0, ['10.0.2.15:2070 f: the file has changed']]);
  });
});

describe('what is refused', () => {
  it.each<[string, (c: TftpClient) => { from: string; bytes: Uint8Array }[], string[]]>([
    ['a file that is not there', (c) => c.get('x'), ['ERROR 1 not found']],
    ['a file that may not be read', (c) => c.get('secret'), ['ERROR 2 access denied']],
    ['a disk that is broken', (c) => c.get('broken'), ['ERROR 0 the server cannot read it']],
    ['to write', (c) => c.request(2, ['f', 'octet']), ['ERROR 2 nothing is written here']],
    ['mail', (c) => c.get('f', [], 'mail'), ['ERROR 4 neither octet nor netascii']],
    ['a name without an end', (c) => c.raw('\0\x01name'), ['ERROR 4 this is no request']],
    ['an operation that is none', (c) => c.raw('\0\x09'), ['ERROR 4 this is no request']],
    ['a very long request', (c) => c.get('x'.repeat(1_100)), ['ERROR 4 this is no request']],
    ['an error', (c) => c.raw('\0\x05\0\x01x\0'), []],
    ['a broken error', (c) => c.raw('\0\x05'), []],
    ['an acknowledgement out of nothing', (c) => c.raw('\0\x04\0\x01'), []],
    ['nothing', (c) => c.raw(''), []],
  ])('%s', (_what, say, answer) => {
    const { net, files, server, client } = bench();
    files.contents.set('secret', FileFault.DENIED);
    files.contents.set('broken', FileFault.FAILED);
    const sent = say(client());
    expect(sent.map((s) => line({ ...s, to: '', mac: null }))).toEqual(answer);
    expect([files.opened, net.ports.size, server.stats()['transfers']]).toEqual([0, 0, 0]);
  });

  it('somebody else at a transfer’s port: error 5, and the transfer goes on', () => {
    const { files, server, client } = bench();
    files.contents.set('f', pattern(600));
    const c = client();
    c.get('f');
    const [sent] = c.ack(1, '10.0.2.15:9');
    expect([line(sent!), sent?.to, sent?.from]).toEqual(['ERROR 5 this transfer is not yours', '10.0.2.15:9', c.port]);
    expect(c.say('\0\x05\0\x05no\0', '10.0.2.15:9')).toEqual([]);
    expect(c.ack(1).map(line)).toEqual(['DATA 2 88']);
    expect(server.stats()).toMatchObject({ unknownTransfer: 2 });
  });

  it('the guest ends it with an error, and hears nothing more', () => {
    const { net, files, server, client, told } = bench();
    files.contents.set('f', pattern(600));
    const c = client();
    c.get('f', ['tsize', 0]);
    expect(c.error(8)).toEqual([]);
    net.after(server, 60_000);
    expect([net.take(), files.opened, net.ports.size]).toEqual([[], 0, 0]);
    expect(told).toEqual(['10.0.2.15:2070 f: given up by the guest: error 8']);
  });

  it('the guest says what has no place in a transfer: error 4, and it ends', () => {
    const { files, client } = bench();
    files.contents.set('f', pattern(600));
    const c = client();
    c.get('f');
    expect(c.say('\0\x03\0\x01x').map(line)).toEqual(['ERROR 4 neither an acknowledgement nor an error']);
    expect(files.opened).toBe(0);
  });
});

describe('caps', () => {
  it('of one guest: the ninth is refused, until one has been silent', () => {
    const { net, files, server, client } = bench();
    files.contents.set('f', pattern(600));
    const get = (n: number): string[] =>
      client({ from: `10.0.2.15:${n}` })
        .get('f')
        .map(line);
    for (let n = 1; n <= 8; n++) expect(get(n)).toEqual(['DATA 1 512']);
    expect(get(9)).toEqual(['ERROR 0 too many transfers']);
    expect(
      client({ from: '10.0.2.16:1', mac: mac(2) })
        .get('f')
        .map(line),
    ).toEqual(['DATA 1 512']);
    net.after(server, 5_000);
    net.take();
    expect(get(9)).toEqual(['DATA 1 512']);
    expect([files.opened, net.ports.size]).toEqual([9, 9]);
  });

  it('of all of them', () => {
    const { net, files, server, client } = bench({ maxTransfers: 2 });
    files.contents.set('f', pattern(600));
    const get = (n: number): string[] =>
      client({ from: `10.0.2.15:${n}`, mac: mac(n) })
        .get('f')
        .map(line);
    expect([get(1), get(2), get(3)].flat()).toEqual(['DATA 1 512', 'DATA 1 512', 'ERROR 0 too many transfers']);
    net.after(server, 5_000);
    net.take();
    expect(get(3)).toEqual(['DATA 1 512']);
    server.close?.();
    expect([files.opened, net.ports.size]).toEqual([0, 0]);
  });

  it('without a port nothing is left open', () => {
    const { net, files, client } = bench();
    net.room = 0;
    files.contents.set('f', pattern(600));
    expect(client().get('f').map(line)).toEqual(['ERROR 0 no port is free']);
    expect(files.opened).toBe(0);
  });
});

it('whatever a guest says, at either port: nothing is thrown, nothing is left, and it hears two messages at most for each', () => {
  const said = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((b) => text(b)),
    fc
      .tuple(
        fc.nat(7),
        fc.string({
          unit: fc.constantFrom('\0', 'f', 'octet\0', 'netascii\0', 'blksize\x008\0', '\x01'),
          maxLength: 9,
        }),
      )
      .map(([op, rest]) => `\0${String.fromCharCode(op)}${rest}`),
    fc.constant('\0\x01f\0octet\0'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), said, fc.nat(2)), { maxLength: 30 }), (all) => {
      const { net, files, server, client } = bench({ maxTransfers: 3 });
      files.contents.set('f', pattern(40));
      const c = client();
      for (const [there, what, port] of all) {
        const sent = there && c.port !== '' ? c.say(what, `10.0.2.15:${2_070 + port}`) : c.raw(what);
        expect(sent.length).toBeLessThanOrEqual(2);
        for (const s of sent) line(s);
        expect(files.opened).toBe(net.ports.size);
        expect(files.opened).toBeLessThanOrEqual(3);
      }
      net.after(server, 100_000);
      expect([files.opened, net.ports.size, server.deadline?.()]).toEqual([0, 0, Infinity]);
    }),
    { numRuns: 500 },
  );
});
