import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileFault, type OpenFile } from '@reslirp/services/tftp';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isName, TftpDirectory } from './tftp-directory.ts';

const isWindows = process.platform === 'win32';
const { NOT_FOUND, DENIED } = FileFault;

let top: string;
let files: TftpDirectory;

beforeAll(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'reslirp-tftp-')));
  const root = join(top, 'root');
  mkdirSync(join(root, 'sub'), { recursive: true });
  mkdirSync(join(top, 'root-two'));
  writeFileSync(join(root, 'boot'), 'the file');
  writeFileSync(join(root, 'sub', 'deep'), 'deeper');
  writeFileSync(join(top, 'secret'), 'secret');
  writeFileSync(join(top, 'root-two', 'secret'), 'secret');
  files = new TftpDirectory(root);
});
afterAll(() => rmSync(top, { recursive: true }));

function contents(name: string, from: TftpDirectory = files): string {
  const file = from.open(name);
  if (typeof file === 'string') return file;
  const b = new Uint8Array(file.size);
  const n = file.read(b, 0, b.length, 0);
  file.close();
  return Buffer.from(b.subarray(0, n)).toString();
}

function opened(name: string): OpenFile {
  const file = files.open(name);
  if (typeof file === 'string') throw new Error(file);
  return file;
}

describe('a file', () => {
  it.each([
    ['boot', 'the file'],
    ['/boot', 'the file'],
    ['//boot', 'the file'],
    ['./boot', 'the file'],
    ['sub/deep', 'deeper'],
    ['/sub//deep', 'deeper'],
  ])('is %j', (name, text) => {
    expect(contents(name)).toBe(text);
  });

  it('is read at any position, up to its end', () => {
    const file = opened('boot');
    const b = new Uint8Array(10).fill(46);
    expect([
      file.size,
      file.read(b, 1, 5, 4),
      file.read(b, 6, 9, 7),
      file.read(b, 0, 0, 0),
      file.read(b, 0, 9, 99),
    ]).toEqual([8, 4, 1, 0, 0]);
    expect(Buffer.from(b).toString()).toBe('.file.e...');
    file.close();
    expect(file.read(b, 0, 4, 0)).toBe(-1);
  });

  it('that has become shorter gives what is left', () => {
    writeFileSync(join(top, 'root', 'short'), '12345678');
    const file = opened('short');
    truncateSync(join(top, 'root', 'short'), 3);
    expect(file.read(new Uint8Array(8), 0, 8, 0)).toBe(3);
    file.close();
  });

  it.skipIf(process.platform !== 'linux')('has a name of bytes, whatever they mean', () => {
    writeFileSync(Buffer.concat([Buffer.from(`${top}/root/`), Buffer.from('b\xfct', 'latin1')]), 'bytes');
    writeFileSync(join(top, 'root', 'ü'), 'letters');
    expect([contents('b\xfct'), contents(Buffer.from('ü').toString('latin1')), contents('ü')]).toEqual([
      'bytes',
      'letters',
      NOT_FOUND,
    ]);
  });

  it('may be anywhere when the directory is the root of the file system', () => {
    expect(contents(join(top, 'secret'), new TftpDirectory('/'))).toBe('secret');
  });
});

describe('what is refused', () => {
  it.each([
    ['nowhere', NOT_FOUND],
    ['boot/x', NOT_FOUND],
    ['x'.repeat(300), NOT_FOUND],
    ['', DENIED],
    ['/', DENIED],
    ['.', DENIED],
    ['sub', DENIED],
    ['sub/', DENIED],
    ['../secret', DENIED],
    ['sub/../boot', DENIED],
    ['sub/..', DENIED],
    ['/../secret', DENIED],
    ['..\\secret', DENIED],
    ['sub\\deep', DENIED],
    ['boot\0', DENIED],
  ])('%j', (name, fault) => {
    expect(files.open(name)).toBe(fault);
  });

  it.each(['c:boot', 'boot:stream', 'nul', 'sub/COM1.txt', '//server/share:x'])('on Windows, %j', (name) => {
    expect([isName(name, true), isName(name, false)]).toEqual([false, true]);
  });

  it('everything, when the directory is gone', () => {
    expect(new TftpDirectory(join(top, 'gone')).open('boot')).toBe(NOT_FOUND);
  });

  it.skipIf(isWindows)('what this user may not read', () => {
    writeFileSync(join(top, 'root', 'locked'), 'x');
    chmodSync(join(top, 'root', 'locked'), 0);
    chmodSync(top, 0o755);
    asNobody(() => {
      expect([files.open('locked'), contents('boot')]).toEqual([DENIED, 'the file']);
    });
  });

  it.skipIf(isWindows)('a FIFO, at once', () => {
    execFileSync('mkfifo', [join(top, 'root', 'fifo')]);
    expect(files.open('fifo')).toBe(DENIED);
  });

  it.skipIf(isWindows)('devices, by a link', () => {
    symlinkSync('/dev/zero', join(top, 'root', 'zero'));
    expect([files.open('zero'), new TftpDirectory('/').open('/dev/zero')]).toEqual([DENIED, DENIED]);
  });
});

/** For root, who may read everything. */
function asNobody(act: () => void): void {
  if (process.getuid?.() !== 0) {
    act();
    return;
  }
  process.seteuid!(65_534);
  try {
    act();
  } finally {
    process.seteuid!(0);
  }
}

describe.skipIf(isWindows)('links', () => {
  it.each([
    ['sub/deep', 'deeper'],
    ['sub/../boot', 'the file'],
    ['../secret', DENIED],
    ['../root-two/secret', DENIED],
    ['loop', DENIED],
    ['nowhere', NOT_FOUND],
  ])('to %s', (to, what) => {
    rmSync(join(top, 'root', 'loop'), { force: true });
    symlinkSync(to, join(top, 'root', 'loop'));
    expect(contents('loop')).toBe(what);
  });

  it('to directories, and the directory itself', () => {
    symlinkSync('..', join(top, 'root', 'out'));
    symlinkSync('sub', join(top, 'root', 'in'));
    symlinkSync('root', join(top, 'link'));
    expect([contents('out/secret'), contents('out/root/boot'), contents('in/deep')]).toEqual([
      DENIED,
      'the file',
      'deeper',
    ]);
    expect(contents('boot', new TftpDirectory(join(top, 'link')))).toBe('the file');
  });

  it('that come and go do not lead out', () => {
    const [a, b] = [join(top, 'root', 'swap'), join(top, 'root', 'aside')];
    mkdirSync(a);
    writeFileSync(join(a, 'secret'), 'public');
    for (let i = 0; i < 20; i++) {
      expect(contents('swap/secret')).toBe('public');
      renameSync(a, b);
      symlinkSync('..', join(top, 'root', 'swap-link'));
      renameSync(join(top, 'root', 'swap-link'), a);
      expect(contents('swap/secret')).toBe(DENIED);
      rmSync(a);
      renameSync(b, a);
    }
  });
});

it.skipIf(process.platform !== 'linux')(
  'whatever is asked for, nothing stays open and nothing outside is given',
  () => {
    const part = fc.constantFrom(
      'boot',
      'sub',
      'deep',
      '..',
      '.',
      '',
      'secret',
      'fifo',
      'out',
      'root',
      'root-two',
      '\0',
    );
    const count = (): number => readdirSync('/proc/self/fd').length;
    const before = count();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part).map((parts) => parts.join('/')),
          fc.string({ unit: 'binary' }),
        ),
        (name) => {
          expect(contents(name)).not.toBe('secret');
        },
      ),
      { numRuns: 100 },
    );
    expect(count()).toBe(before);
  },
  30_000,
);
