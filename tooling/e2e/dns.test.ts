// Real clients of DNS, dig and nslookup, in a guest; behind the nameserver are resolvers that do what the test says.
import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Done, RESLIRP, run } from './guest.ts';
import { dns, type Server } from './servers.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('dig', 'busybox');
const DIG = 'dig +tries=1 +time=8';

describe.skipIf(why !== null)(`DNS${why === null ? '' : `: skipped, ${why}`}`, () => {
  let small: Server;
  /** Its TXT records have 60 KB. */
  let large: Server;
  /** Hears everything and says nothing. */
  let silent: Server;

  beforeAll(async () => {
    [small, large, silent] = await Promise.all([dns(), dns(60_000), mute()]);
  });
  afterAll(() => {
    for (const server of [small, large, silent]) server?.close();
  });

  const at = ({ port }: Server): string => `127.0.0.1:${port}`;
  const guest = (line: string, ...args: readonly string[]): Promise<Done> =>
    run([...RESLIRP, 'run', ...args, '--', 'sh', '-c', line], 30_000);

  test('any type of record, from whom its domain belongs to', async () => {
    const line = `${DIG} +short a.example; ${DIG} +short type65399 b.example; ${DIG} a.void.example; ${DIG} +short +tcp a.big.example`;
    const { out } = await guest(
      line,
      '--dns',
      at(small),
      '--dns',
      `big.example=${at(large)}`,
      '--dns',
      'void.example=',
    );
    expect(out).toContain('192.0.2.7\n\\# 21 1478');
    expect(out).toMatch(/status: NXDOMAIN[\s\S]*void\.example\.\s+30\s+IN\s+SOA/);
    expect(out).toMatch(/\n192\.0\.2\.7\n$/);
  });

  test('60 KB over TCP; over UDP it is cut, and dig asks again by itself', async () => {
    const line = `${DIG} +tcp txt a.example; ${DIG} +ignore +bufsize=1232 txt b.example; ${DIG} +bufsize=512 txt c.example`;
    const { out } = await guest(line, '--dns', at(large));
    const sizes = [...out.matchAll(/MSG SIZE\s+rcvd: (\d+)/g)].map(([, size]) => Number(size));
    expect(sizes.map((size) => size > 60_000)).toEqual([true, false, true]);
    expect(out).toMatch(/flags: qr tc[^;]*; QUERY: 1, ANSWER: 0/);
    expect(out).toContain('Truncated, retrying in TCP mode');
  });

  test('names of our own, for dig and for busybox', async () => {
    const own = ['db.example', 'host.docker.internal', 'gateway.reslirp.internal', 'localhost'];
    const line = `${DIG} +short ${own.join(' ')}; ${DIG} +short -x 192.0.2.9; busybox nslookup db.example`;
    const { out } = await guest(line, '--dns', at(small), '--dns-host', 'db.example=192.0.2.9');
    expect(out).toContain('192.0.2.9\n10.0.2.2\n10.0.2.2\n127.0.0.1\ndb.example.\n');
    expect(out).toMatch(/Name:\s+db\.example\nAddress[^\n]*192\.0\.2\.9/);
  });

  test('a resolver that is silent costs one question its time; what is known is told again', async () => {
    const line = `${DIG} a.example; ${DIG} b.example; sleep 1; ${DIG} a.example`;
    const { out, err } = await guest(line, '-d3', '--dns', `${at(silent)},${at(small)}`);
    expect(out.match(/192\.0\.2\.7/g)).toHaveLength(3);
    expect(out).toMatch(/a\.example\.\s+5\d\s+IN\s+A/); // older
    expect(err).toMatch(new RegExp(`asks A b\\.example: NOERROR, 1 answer, from ${at(small)}, \\d{1,3} ms`));
    expect(err).toMatch(/asks A a\.example: NOERROR, 1 answer, from the cache/);
  }, 30_000);

  test('a resolver that dies in the middle is followed by the next', async () => {
    const first = await dns();
    const line = `${DIG} +short a.example; echo next; sleep 3; ${DIG} +short b.example; ${DIG} +short c.example`;
    const program = guest(line, '--dns', `${at(first)},${at(small)}`);
    setTimeout(() => first.close(), 2_500);
    expect((await program).out).toBe('192.0.2.7\nnext\n192.0.2.7\n192.0.2.7\n');
  }, 30_000);
});

function mute(): Promise<Server> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => resolve({ port: socket.address().port, close: () => socket.close() }));
  });
}
