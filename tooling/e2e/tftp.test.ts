// Real clients of TFTP, busybox and curl, in a guest; and iPXE, which boots a machine from it.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Done, RESLIRP, run } from './guest.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('curl', 'busybox');
const LONG = 60_000;
const FILE = randomBytes(3_000_000);
/** More blocks of 8 bytes than a block number has values. */
const MANY = randomBytes(600_000);

describe.skipIf(why !== null)(`TFTP${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-tftp-'));
  const root = join(directory, 'root');

  beforeAll(() => {
    mkdirSync(join(root, 'sub'), { recursive: true });
    writeFileSync(join(root, 'file'), FILE);
    writeFileSync(join(root, 'sub', 'many'), MANY);
    writeFileSync(join(directory, 'secret'), 'secret');
    symlinkSync('../secret', join(root, 'out'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const guest = (line: string): Promise<Done> =>
    run([...RESLIRP, 'run', '--ipv6', '--tftp-path', root, '--', 'sh', '-c', line], LONG);

  test.each([
    ['busybox', 'busybox tftp -g -r file -l /dev/stdout 10.0.2.2', FILE],
    ['busybox, larger blocks', 'busybox tftp -b 1428 -g -r file -l /dev/stdout 10.0.2.2', FILE],
    ['curl', 'curl -s --tftp-blksize 1024 tftp://10.0.2.2/file', FILE],
    ['curl without options', 'curl -s --tftp-no-options tftp://10.0.2.2/file', FILE],
    ['curl over IPv6', "curl -s -g --retry 5 --retry-all-errors 'tftp://[fd00::2]/file'", FILE],
    ['curl, whose block numbers begin anew', 'curl -s --tftp-blksize 8 tftp://10.0.2.2/sub/many', MANY],
  ])(
    '%s',
    async (_, line, bytes) => {
      const { out } = await guest(`${line} | sha256sum`);
      expect(out).toBe(`${createHash('sha256').update(bytes).digest('hex')}  -\n`);
    },
    LONG,
  );

  test.each([
    ['a file that is not there', 'nothing', /not found/i],
    ['a way out', '../secret', /access|not found/i],
    ['a link that leads out', 'out', /access|not found/i],
    ['a directory', 'sub', /access|not found/i],
  ])(
    '%s is an error that busybox tells',
    async (_, name, said) => {
      const { code, out, err } = await guest(`busybox tftp -g -r ${name} -l /dev/stdout 10.0.2.2`);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(said);
    },
    LONG,
  );
});
