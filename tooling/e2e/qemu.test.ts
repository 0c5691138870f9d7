// Virtual machines on each of QEMU's cables: an address, a download and an upload, byte for byte.
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Machine, missingMachine } from './machine/qemu.ts';
import { Program } from './program.ts';
import { freePort, HELLO, hasher, hashOf, http, type Server } from './servers.ts';

const why = missingMachine();
const BLOCKS = 64;
const LONG = 240_000;

describe.skipIf(why !== null)(`QEMU${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-qemu-'));
  const path = join(directory, 'net');
  let web: Server;
  let hashing: Server;
  let program: Program | undefined;
  let machine: Machine | undefined;

  beforeAll(async () => {
    web = await http();
    hashing = await hasher();
  });
  afterEach(async () => {
    await machine?.stop();
    await program?.stop();
    machine = undefined;
    program = undefined;
  });
  afterAll(() => {
    web?.close();
    hashing?.close();
    rmSync(directory, { recursive: true });
  });

  /** Both ways, and nothing of it wrong. */
  async function works(guest: Machine): Promise<void> {
    expect(await guest.dhcp()).toBe('10.0.2.20');
    const url = `http://10.0.2.2:${web.port}`;
    expect((await guest.run('ping -c 1 -W 5 10.0.2.2')).code).toBe(0);
    const { out: down } = await guest.run(`wget -q -O - ${url}/blocks/${BLOCKS} | sha256sum`, LONG);
    expect(down).toBe(`${hashOf(BLOCKS)}  -\n`);
    const upload = `head -c 4194304 /dev/urandom > /tmp/up; sha256sum < /tmp/up; nc 10.0.2.2 ${hashing.port} < /tmp/up`;
    const { out } = await guest.run(upload, LONG);
    const [sent, received] = out.split('\n');
    expect(sent).toMatch(/^[0-9a-f]{64} {2}-$/);
    expect(received).toBe(sent);
  }

  test(
    '-netdev stream to a unix socket',
    async () => {
      program = await Program.start(['--qemu', `unix:${path}`], /guests come to/);
      machine = await Machine.start(`stream,id=n0,server=off,addr.type=unix,addr.path=${path}`);
      await works(machine);
      await machine.stop();
      await program.until(/info: unix 1: has left/);
      expect(await program.stop()).toBe(0);
    },
    LONG,
  );

  test(
    '-netdev socket,connect= to a port',
    async () => {
      program = await Program.start(['--qemu', '0'], /guests come to/);
      const [, port] = await program.until(/guests come to 127\.0\.0\.1:(\d+)/);
      machine = await Machine.start(`socket,id=n0,connect=127.0.0.1:${port}`);
      await works(machine);
    },
    LONG,
  );

  test(
    'QEMU listens; the program goes, and when another one comes later, the guest works on',
    async () => {
      const port = await freePort();
      program = await Program.start(['--qemu', `connect:127.0.0.1:${port}`, '--reconnect'], /nobody listens there/);
      machine = await Machine.start(`stream,id=n0,server=on,addr.type=inet,addr.host=127.0.0.1,addr.port=${port}`);
      await program.until(/reached/);
      await works(machine);
      expect(await program.stop()).toBe(0);
      program = await Program.start(['--qemu', `connect:127.0.0.1:${port}`], /reached/);
      const { out } = await machine.run(`wget -q -O - http://10.0.2.2:${web.port}/hello`);
      expect(out).toBe(HELLO);
      await machine.stop();
      await program.until(/info: the guest has left/);
    },
    LONG,
  );

  test(
    '-netdev dgram over UDP',
    async () => {
      program = await Program.start(['--qemu', 'udp:0'], /datagrams come to/);
      const [, port] = await program.until(/datagrams come to 127\.0\.0\.1:(\d+)/);
      const own = await freeDatagramPort();
      machine = await Machine.start(
        `dgram,id=n0,remote.type=inet,remote.host=127.0.0.1,remote.port=${port},local.type=inet,local.host=127.0.0.1,local.port=${own}`,
      );
      await works(machine);
    },
    LONG,
  );
});

function freeDatagramPort(): Promise<number> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
