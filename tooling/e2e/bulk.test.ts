// Much, and through bad cables: every byte arrives, once and in order.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Guest, RESLIRP } from './guest.ts';
import { block, hashOf, http, type Server } from './servers.ts';
import { missing } from './tools.ts';

const why = missing('curl');
const BAD_CABLE = [process.execPath, fileURLToPath(new URL('./bad-cable.js', import.meta.url))];
/** Blocks of 64 KiB: 1 GiB, and 16 MiB. */
const MUCH = 16_384;
const SOME = 256;

const CABLES: readonly (readonly [string, readonly string[], number])[] = [
  ['1 GiB', RESLIRP, MUCH],
  ['16 MiB, 25 ms of delay each way', [...BAD_CABLE, '{"delay":25}', ...RESLIRP], SOME],
  ['16 MiB, 1 % loss', [...BAD_CABLE, '{"loss":0.01}', ...RESLIRP], SOME],
  [
    '4 MiB, 1 % loss, 2 % reordering, 0.5 % duplicates, 25 ms each way',
    [...BAD_CABLE, '{"loss":0.01,"reorder":0.02,"duplicate":0.005,"delay":25}', ...RESLIRP],
    SOME / 4,
  ],
  ['16 MiB, one frame in a hundred corrupted', [...BAD_CABLE, '{"corrupt":0.01}', ...RESLIRP], SOME],
];

describe.skipIf(why !== null)(`bulk${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-bulk-'));
  let server: Server;

  beforeAll(async () => {
    server = await http();
    writeFileSync(join(directory, 'some'), Buffer.concat(Array.from({ length: SOME }, (_, i) => block(i))));
  });
  afterAll(() => {
    server?.close();
    rmSync(directory, { recursive: true });
  });

  test.each(CABLES)(
    '%s, both ways',
    async (_, program, blocks) => {
      const guest = await Guest.start(program);
      try {
        await guest.dhcp();
        const url = `http://10.0.2.2:${server.port}`;
        const down = await guest.sh(`curl -s ${url}/blocks/${blocks} | sha256sum`, 120_000);
        expect(down.out.slice(0, 64)).toBe(hashOf(blocks));
        const file = `${directory}/some`;
        const source =
          blocks < SOME
            ? `head -c ${blocks * 65_536} ${file}`
            : `for i in $(seq ${blocks / SOME}); do cat ${file}; done`;
        const local = guest.sh(`(${source}) | sha256sum`, 120_000);
        const up = await guest.sh(`(${source}) | curl -s -T - ${url}/`, 120_000);
        expect(up.out.slice(0, 64)).toBe((await local).out.slice(0, 64));
      } finally {
        await guest.stop();
      }
    },
    300_000,
  );
});
