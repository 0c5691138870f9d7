// Guests that come to --listen, and those that --reverse goes to: the kernel on a TAP, its cable carried by vde_plug and socat.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE, KEY } from '@reslirp/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Guest } from './guest.ts';
import { pause } from './namespace.ts';
import { Program } from './program.ts';
import { hashOf, http, type Server } from './servers.ts';
import { missing } from './tools.ts';

const why = missing('socat', 'curl', 'ping', 'ss');
const BLOCKS = 256;
/** Too many to be through in a moment. */
const MANY = 1_024;

describe.skipIf(why !== null)(`listening${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-listen-'));
  const inside = (name: string): string => join(directory, name);
  let web: Server;
  let program: Program | undefined;
  const guests: Guest[] = [];

  beforeAll(async () => {
    writeFileSync(inside('token'), 'correct-horse\n');
    writeFileSync(inside('cert'), CERTIFICATE);
    writeFileSync(inside('key'), KEY);
    web = await http();
  });
  afterEach(async () => {
    for (const guest of guests.splice(0)) await guest.stop();
    await program?.stop();
  });
  afterAll(() => {
    web?.close();
    rmSync(directory, { recursive: true });
  });

  async function works(guest: Guest): Promise<void> {
    guests.push(guest);
    expect((await guest.dhcp())['ip']).toBe('10.0.2.20');
    const down = await guest.sh(`curl -sS http://10.0.2.2:${web.port}/blocks/${BLOCKS} | sha256sum`);
    expect(down.out).toBe(`${hashOf(BLOCKS)}  -\n`);
    const file = inside(`up${guests.indexOf(guest)}`); // guests share the file system
    const up = `head -c 16777216 /dev/urandom > ${file}; sha256sum < ${file}; curl -sS -T ${file} http://10.0.2.2:${web.port}/`;
    const [sent, received] = (await guest.sh(up)).out.split('\n');
    expect(sent).toBe(`${received}  -`);
  }

  test('two at once on a unix socket, each with the same address in a network of its own', async () => {
    program = await Program.start(['--listen', `unix:${inside('cable')}`], /guests come to/);
    const cable = ['socat', '-b65536', 'STDIO', `UNIX-CONNECT:${inside('cable')}`];
    const [one, two] = [await Guest.start(cable), await Guest.start(cable)];
    await Promise.all([works(one), works(two)]);
    await program.until(/unix 2: a guest, one of 2/);
  }, 60_000);

  test('TLS and a token', async () => {
    const secret = ['--token-file', inside('token'), '--tls-cert', inside('cert'), '--tls-key', inside('key')];
    program = await Program.start(['--listen', '0.0.0.0:0', ...secret], /guests come to/);
    const [, port] = await program.until(/guests come to \S+:(\d+)/);
    const socat = `socat -b65536 STDIO OPENSSL:localhost:${port},pf=ip4,cafile=${inside('cert')}`;
    await works(await Guest.start(['sh', '-c', `{ cat ${inside('token')}; exec cat; } | ${socat}`]));
  }, 60_000);

  test('--shared: two in one network, that reach each other', async () => {
    program = await Program.start(['--listen', `unix:${inside('one')}`, '--shared'], /guests come to/);
    const cable = ['socat', '-b65536', 'STDIO', `UNIX-CONNECT:${inside('one')}`];
    const [one, two] = [await Guest.start(cable), await Guest.start(cable)];
    const [a, b] = [(await one.dhcp())['ip'], (await two.dhcp())['ip']];
    guests.push(one, two);
    expect([a, b].sort()).toEqual(['10.0.2.20', '10.0.2.21']);
    expect((await one.sh(`ping -c 2 -W 2 ${b}`)).out).toContain(' 0% packet loss');
    await one.sh(`head -c 16777216 /dev/urandom > ${inside('sent')}`);
    const far = two.sh(`socat -u TCP-LISTEN:9000 STDOUT | sha256sum`, 20_000);
    await two.until('ss -ltn | grep -q :9000');
    const near = await one.sh(`sha256sum < ${inside('sent')}; socat -u FILE:${inside('sent')} TCP:${b}:9000`);
    expect([(await far).out, near.err]).toEqual([near.out, '']);
    const down = `curl -sS http://10.0.2.2:${web.port}/blocks/${BLOCKS} | sha256sum`;
    const both = await Promise.all([one.sh(down), two.sh(down)]);
    for (const { out } of both) expect(out).toBe(`${hashOf(BLOCKS)}  -\n`);
  }, 60_000);

  test('--shared: a guest that stops reading holds nobody up, and goes on when it reads again', async () => {
    program = await Program.start(['--listen', `unix:${inside('one')}`, '--shared'], /guests come to/);
    const cable = ['socat', '-b65536', 'STDIO', `UNIX-CONNECT:${inside('one')}`];
    const [stuck, other] = [await Guest.start(cable), await Guest.start(cable)];
    guests.push(stuck, other);
    await stuck.dhcp();
    await other.dhcp();
    const down = (blocks: number): string => `curl -sS http://10.0.2.2:${web.port}/blocks/${blocks} | sha256sum`;
    // Several, so that more is under way than cables and buffers hold
    const held = stuck.sh(`for i in 1 2 3 4 5 6 7 8; do ${down(MANY)} & done; wait`, 50_000);
    await pause(300); // in the midst of it
    process.kill(stuck.programPid, 'SIGSTOP');
    const { out, took } = await other.sh(down(BLOCKS));
    expect(out).toBe(`${hashOf(BLOCKS)}  -\n`);
    expect(took).toBeLessThan(10_000);
    process.kill(stuck.programPid, 'SIGCONT');
    expect((await held).out).toBe(`${hashOf(MANY)}  -\n`.repeat(8));
  }, 60_000);

  test('--shared --isolated: each reaches the network, and not the other', async () => {
    program = await Program.start(['--listen', `unix:${inside('one')}`, '--shared', '--isolated'], /guests come to/);
    const cable = ['socat', '-b65536', 'STDIO', `UNIX-CONNECT:${inside('one')}`];
    const [one, two] = [await Guest.start(cable), await Guest.start(cable)];
    guests.push(one, two);
    await one.dhcp();
    const { ip } = await two.dhcp();
    expect((await one.sh('ping -c 1 -W 2 10.0.2.2')).out).toContain(' 0% packet loss');
    expect((await one.sh(`ping -c 1 -W 1 ${ip}`)).out).toContain(' 100% packet loss');
    expect((await one.sh(`curl -sS http://10.0.2.2:${web.port}/hello`)).out).toContain('hello');
  }, 60_000);

  test('--reverse: the guest listens', async () => {
    const guest = await Guest.start(['socat', '-b65536', 'STDIO', `UNIX-LISTEN:${inside('guest')}`]);
    program = await Program.start(['--reverse', `unix:${inside('guest')}`], /reached/);
    await works(guest);
  }, 60_000);
});
