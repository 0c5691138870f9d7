// Guests whose cable is cut in the midst of a download, and put together again: --keep.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Guest } from './guest.ts';
import { Machine, missingMachine } from './machine/qemu.ts';
import { pause } from './namespace.ts';
import { Program } from './program.ts';
import { hashOf, http, type Server } from './servers.ts';
import { missing } from './tools.ts';

const BLOCKS = 1_024;
const LONG = 240_000;

/** A cable with a joint: whoever comes to it reaches `to`, until it is cut. */
class Joint {
  readonly #server: NetServer;
  readonly #ends: Set<Socket> = new Set();
  /** Bytes so far, both ways. */
  passed: number = 0;

  private constructor(to: string, open: (server: NetServer) => void) {
    this.#server = createServer((near) =>
      this.#join(
        near,
        connect(to).on('error', () => near.destroy()),
      ),
    );
    open(this.#server);
  }

  static make(path: string, to: string): Promise<Joint> {
    return new Promise((resolve) => {
      const joint = new Joint(to, (server) => server.listen(path, () => resolve(joint)));
    });
  }

  cut(): void {
    for (const end of this.#ends) end.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#ends.add(from);
      from.on('data', (b: Buffer) => (this.passed += b.length));
      from.on('error', () => {});
      from.on('close', () => {
        this.#ends.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }

  async until(bytes: number): Promise<void> {
    for (let i = 0; i < 3_000; i++) {
      if (this.passed >= bytes) return;
      await pause(10);
    }
    throw new Error(`only ${this.passed} bytes have passed`);
  }
}

/** Every second, as this QEMU says it; null: it cannot, for it is older than 8.0. */
function reconnect(): string | null {
  const { stdout } = spawnSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' });
  const [, major = '0', minor = '0'] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
  const version = Number(major) * 100 + Number(minor);
  return version >= 902 ? 'reconnect-ms=1000' : version >= 800 ? 'reconnect=1' : null;
}

const why = missing('socat', 'curl');

describe.skipIf(why !== null)(`a cable that is cut${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-keep-'));
  const inside = (name: string): string => join(directory, name);
  let web: Server;
  let program: Program | undefined;
  let joint: Joint | undefined;
  const guests: Guest[] = [];

  beforeAll(async () => {
    web = await http();
  });
  afterEach(async () => {
    for (const guest of guests.splice(0)) await guest.stop();
    joint?.close();
    await program?.stop();
  });
  afterAll(() => {
    web?.close();
    rmSync(directory, { recursive: true });
  });

  const download = (): string => `curl -sS --limit-rate 16M http://10.0.2.2:${web.port}/blocks/${BLOCKS} | sha256sum`;
  /** A cable of socat that comes back by itself when its far end is gone, as a person would have it. */
  const again = (path: string): string[] => [
    'sh',
    '-c',
    `while :; do socat -b65536 STDIO UNIX-CONNECT:${path}; sleep 1; done`,
  ];

  async function start(...args: string[]): Promise<void> {
    program = await Program.start(['--listen', `unix:${inside('net')}`, '--keep', '60', ...args], /guests come to/);
    joint = await Joint.make(inside('joint'), inside('net'));
  }

  async function guest(path: string = inside('joint')): Promise<Guest> {
    const one = await Guest.start(again(path));
    guests.push(one);
    return one;
  }

  test(
    'the guest comes back, and its download goes on to its last byte',
    async () => {
      await start();
      const one = await guest();
      const { ip } = await one.dhcp();
      const done = one.sh(download(), LONG);
      await joint!.until(8 << 20);
      joint!.cut();
      await program!.until(/its place is kept for 60 s/);
      await program!.until(/is back, and goes on as unix 1/, 30_000);
      joint!.cut();
      expect((await done).out).toBe(`${hashOf(BLOCKS)}  -\n`);
      expect((await one.dhcp())['ip']).toBe(ip);
    },
    LONG,
  );

  test(
    'a stranger who comes meanwhile has a network of its own, and the guest finds its own again',
    async () => {
      await start();
      const one = await guest();
      await one.dhcp();
      const done = one.sh(download(), LONG);
      await joint!.until(8 << 20);
      process.kill(one.programPid, 'SIGSTOP'); // it does not come back yet
      joint!.cut();
      await program!.until(/its place is kept/);
      const stranger = await guest(inside('net'));
      expect((await stranger.dhcp())['ip']).toBe('10.0.2.20');
      expect((await stranger.sh(`curl -sS http://10.0.2.2:${web.port}/hello`)).out).toContain('hello');
      expect(program!.said).not.toContain('is back');
      process.kill(one.programPid, 'SIGCONT');
      expect((await done).out).toBe(`${hashOf(BLOCKS)}  -\n`);
      expect(program!.said.match(/is back/g)).toHaveLength(1);
    },
    LONG,
  );

  test(
    '--shared: the same, on its port',
    async () => {
      await start('--shared');
      const [one, two] = [await guest(), await guest(inside('net'))];
      const { ip } = await one.dhcp();
      await two.dhcp();
      const done = one.sh(download(), LONG);
      await joint!.until(8 << 20);
      joint!.cut();
      expect((await done).out).toBe(`${hashOf(BLOCKS)}  -\n`);
      expect(program!.said).toMatch(/is back, and goes on as unix 1/);
      expect((await two.sh(`busybox ping -c 1 -W 5 ${ip}`)).code).toBe(0);
    },
    LONG,
  );

  test(
    '--reverse --reconnect: whoever listens there is the guest',
    async () => {
      const listen = `while :; do socat -b65536 STDIO UNIX-LISTEN:${inside('guest')},unlink-early; sleep 1; done`;
      const one = await Guest.start(['sh', '-c', listen]);
      guests.push(one);
      await one.until(`test -S ${inside('guest')}`);
      joint = await Joint.make(inside('joint'), inside('guest'));
      program = await Program.start(['--reverse', `unix:${inside('joint')}`, '--reconnect', '--keep', '60'], /reached/);
      await one.dhcp();
      const done = one.sh(download(), LONG);
      await pause(500);
      joint.cut();
      await program.until(/its place is kept for 60 s/);
      await program.until(/is back, and goes on/, 60_000);
      expect((await done).out).toBe(`${hashOf(BLOCKS)}  -\n`);
    },
    LONG,
  );

  const noMachine = missingMachine();
  const again8 = noMachine === null ? reconnect() : null;

  /** A download, whose cable is cut in the midst of it. */
  async function survives(machine: Machine): Promise<void> {
    try {
      await machine.dhcp();
      const done = machine.run(`wget -q -O - http://10.0.2.2:${web.port}/blocks/${BLOCKS} | sha256sum`, LONG);
      done.catch(() => {}); // it is heard below
      await joint!.until(4 << 20);
      joint!.cut();
      await program!.until(/is back, and goes on/, 60_000);
      expect((await done).out).toBe(`${hashOf(BLOCKS)}  -\n`);
    } finally {
      await machine.stop();
    }
  }

  // Before QEMU 8 a stream has no reconnect=, and there is nothing to test
  const test8 = noMachine === null && again8 === null ? () => {} : test.skipIf(noMachine !== null);
  test8(
    `QEMU comes back${noMachine === null ? '' : `: skipped, ${noMachine}`}`,
    async () => {
      program = await Program.start(['--qemu', `unix:${inside('net')}`, '--keep', '60'], /guests come to/);
      joint = await Joint.make(inside('joint'), inside('net'));
      const address = `addr.type=unix,addr.path=${inside('joint')}`;
      await survives(await Machine.start(`stream,id=n0,server=off,${again8},${address}`));
    },
    LONG,
  );

  test.skipIf(noMachine !== null)(
    `QEMU listens, and is gone to again${noMachine === null ? '' : `: skipped, ${noMachine}`}`,
    async () => {
      joint = await Joint.make(inside('joint'), inside('qemu'));
      const machine = await Machine.start(`stream,id=n0,server=on,addr.type=unix,addr.path=${inside('qemu')}`);
      const way = ['--qemu', `connect:unix:${inside('joint')}`, '--reconnect', '--keep', '60'];
      program = await Program.start(way, /reached/);
      await survives(machine);
    },
    LONG,
  );
});
