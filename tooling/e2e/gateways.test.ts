// --enable-emu: FTP between real programs, as the guest's client and to a server of this machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Guest, RESLIRP } from './guest.ts';
import { missing } from './tools.ts';

const FILE = 'a file of the host\n'.repeat(20_000);
const SERVER = `
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_anonymous(sys.argv[2], perm='elrw')
FTPServer((sys.argv[1], 21), FTPHandler).serve_forever()
`;

const why =
  missing('curl', 'lftp', '/usr/bin/python3') ??
  (process.getuid?.() === 0 ? null : 'only root can have an FTP server on port 21');

describe.skipIf(why !== null)(`FTP through the gateway${why === null ? '' : `: skipped, ${why}`}`, () => {
  const root = mkdtempSync(join(tmpdir(), 'reslirp-ftp-'));
  const servers: ChildProcess[] = [];
  let guest: Guest;

  beforeAll(async () => {
    writeFileSync(join(root, 'file'), FILE);
    for (const at of ['127.0.0.1', '::1']) {
      servers.push(spawn('/usr/bin/python3', ['-W', 'ignore', '-c', SERVER, at, root], { stdio: 'ignore' }));
      await listening(at);
    }
    guest = await Guest.start([...RESLIRP, '--enable-emu', '--ipv6']);
    await guest.dhcp();
    await guest.until('ip -6 route show default | grep -q default && ! ip -6 addr show dev tap0 | grep -q tentative');
  }, 60_000);
  afterAll(async () => {
    await guest?.stop();
    for (const server of servers) server.kill();
    rmSync(root, { recursive: true });
  });

  test.each([
    ['PORT', ['-P', '-', '--disable-eprt', 'ftp://10.0.2.2/file']],
    ['EPRT', ['-P', '-', 'ftp://10.0.2.2/file']],
    ['EPRT, IPv6', ['-P', '-', 'ftp://[fd00::2]/file']],
    ['PASV', ['--disable-epsv', '--no-ftp-skip-pasv-ip', 'ftp://10.0.2.2/file']],
    ['EPSV', ['ftp://10.0.2.2/file']],
    ['EPSV, IPv6', ['ftp://[fd00::2]/file']],
  ])(
    'curl, %s',
    async (_how, options) => {
      const done = await guest.run(['curl', '-sS', '--max-time', '20', ...options], 25_000);
      expect([done.err, done.out.length]).toEqual(['', FILE.length]);
      expect(done.out).toBe(FILE);
    },
    30_000,
  );

  test('lftp, active, stores several files on one connection', async () => {
    const script = [1, 2, 3].map((i) => `put ${join(root, 'file')} -o stored${i}`).join('; ');
    const settings = 'set ftp:passive-mode no; set net:max-retries 1; set net:timeout 10';
    const done = await guest.run(['lftp', '-c', `${settings}; open 10.0.2.2; ${script}`], 40_000);
    expect(done.code, done.err).toBe(0);
    for (const i of [1, 2, 3]) expect(readFileSync(join(root, `stored${i}`), 'utf8')).toBe(FILE);
  }, 45_000);
});

async function listening(host: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port: 21 });
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no FTP server at ${host}`);
}
