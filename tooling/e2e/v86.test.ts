// Machines of v86 on --ws: an address, a download and an upload, byte for byte.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Emulated, missingEmulated } from './machine/emulated.ts';
import { Program } from './program.ts';
import { hasher, hashOf, http, type Server } from './servers.ts';

const why = missingEmulated();
const BLOCKS = 16;
const LONG = 300_000;

describe.skipIf(why !== null)(`v86${why === null ? '' : `: skipped, ${why}`}`, () => {
  let web: Server;
  let hashing: Server;
  let program: Program | undefined;
  let machine: Emulated | undefined;

  beforeAll(async () => {
    web = await http();
    hashing = await hasher();
  });
  afterEach(async () => {
    await machine?.stop();
    await program?.stop();
  });
  afterAll(() => {
    web?.close();
    hashing?.close();
  });

  // ne2k stands still now and then in the middle of an upload (once in 24 of 1 MB), and that is the emulated card: the guest's kernel
  // says "NETDEV WATCHDOG: transmit queue timed out" from then on, a few frames a second leave, each by that watchdog, and
  // what comes is not heard at all, ARP replies included, though a capture shows that all of it was answered at once
  test.each(['virtio', 'ne2k'] as const)('%s', { timeout: LONG, retry: 2 }, async (nic) => {
    program = await Program.start(['--ws', '0'], /guests come to/);
    const [, port] = await program.until(/guests come to \S+:(\d+)/);
    machine = await Emulated.start(`ws://127.0.0.1:${port}/`, nic);
    expect(await machine.dhcp()).toBe('10.0.2.20');
    expect((await machine.run('ping -c 1 -W 5 10.0.2.2')).code).toBe(0);
    const { out: down } = await machine.run(
      `wget -q -O - http://10.0.2.2:${web.port}/blocks/${BLOCKS} | sha256sum`,
      LONG,
    );
    expect(down).toBe(`${hashOf(BLOCKS)}  -\n`);
    const upload = `head -c 1048576 /dev/urandom > /tmp/up; sha256sum < /tmp/up; nc 10.0.2.2 ${hashing.port} < /tmp/up`;
    const [sent, received] = (await machine.run(upload, LONG)).out.split('\n');
    expect(sent).toMatch(/^[0-9a-f]{64} {2}-$/);
    expect(received).toBe(sent);
    await machine.stop();
    await program.until(/info: 127\.0\.0\.1:\d+: (has left|cable broken: closed with code 1006)/);
  });
});
