// 300 guests of one relay, of which one floods and one never reads: the others get all they ask for.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { Crowd, exchanger } from './crowd.ts';
import { pause } from './namespace.ts';
import { Program } from './program.ts';
import { type Server, udpEcho } from './servers.ts';

const GUESTS = 300;
const UP = 40_000;
const DOWN = 60_000;
const LONG = 240_000;
const RUDE = fileURLToPath(new URL('./rude-guest.js', import.meta.url));
/** Of the whole program: an idle guest is less than 1 MiB, and what the two rude ones may cost is bounded. */
const MOST_MEMORY = 700;

let program: Program | undefined;
let crowd: Crowd | undefined;
const servers: Server[] = [];
const rude: ChildProcess[] = [];

afterEach(async () => {
  crowd?.leave();
  for (const child of rude.splice(0)) child.kill('SIGKILL');
  await program?.stop();
  for (const server of servers.splice(0)) server.close();
});

/** Resident, MiB. */
function memory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

/** Frames for the one that does not read: lost, and counted. The one that floods is only held up. */
async function lost(): Promise<void> {
  for (let i = 0; i < 60; i++) {
    program!.signal('SIGUSR1');
    await pause(500);
    if (/LINK_FULL \d+/.test(program!.said)) return;
  }
  throw new Error(`nothing was lost: ${program!.said.slice(-2_000)}`);
}

async function be(url: string, ...manner: string[]): Promise<void> {
  const child = spawn(process.execPath, [RUDE, url, ...manner], { stdio: ['ignore', 'pipe', 'inherit'] });
  rude.push(child);
  await once(child.stdout!, 'data');
}

test.skipIf(process.platform !== 'linux')(
  '300 guests, one that floods and one that never reads',
  { timeout: LONG },
  async () => {
    program = await Program.start(['--ws', '0', '--max-guests', String(GUESTS)], /guests come to/);
    const [, port] = await program.until(/guests come to \S+:(\d+)/);
    const url = `ws://127.0.0.1:${port}/`;
    const server = await exchanger(UP, DOWN);
    const echo = await udpEcho();
    servers.push(server, echo);
    await be(url, 'flood');
    await be(url, 'deaf', String(echo.port));
    await lost();
    crowd = new Crowd();
    for (let i = 2; i < GUESTS; i++) await crowd.join(url);
    await expect(crowd.join(url)).rejects.toThrow('503');
    const all = await Promise.all(crowd.guests.map((guest) => crowd!.exchange(guest, server.port, UP, 120_000)));
    for (const { tcp } of all) expect([tcp.state, tcp.received, tcp.acknowledged]).toEqual(['closed', DOWN, UP]);
    const slowest = Math.max(...all.map(({ took }) => took));
    expect(memory(program.pid)).toBeLessThan(MOST_MEMORY);
    // One by one while the two go on: nobody waits behind the flood for long
    const alone: number[] = [];
    for (const guest of crowd.guests.slice(0, 20)) {
      const { tcp, took } = await crowd.exchange(guest, server.port, UP, 60_000);
      expect(tcp.state).toBe('closed');
      alone.push(took);
    }
    program.signal('SIGUSR1');
    await program.until(/LINK_FULL \d+/);
    if (process.env['SHOW']) {
      alone.sort((a, b) => a - b);
      console.log(
        `slowest of all ${slowest | 0} ms, alone ${alone[10]! | 0} ms, ${alone.at(-1)! | 0} at most, ${memory(program.pid) | 0} MiB`,
      );
    }
    await pause(100);
  },
);
