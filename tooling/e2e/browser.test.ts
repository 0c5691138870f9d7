// examples/v86 in a headless Chromium: a machine in a page, through a relay, and with the whole stack in the page.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@reslirp/example-v86/serve.js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Browser, missingBrowser } from './machine/browser.ts';
import { Console } from './machine/console.ts';
import { missingEmulated, system } from './machine/emulated.ts';
import { lease } from './machine/lease.ts';
import { pause } from './namespace.ts';
import { Program } from './program.ts';
import { hasher, hashOf, http, type Server as TestServer } from './servers.ts';

const why = missingEmulated() ?? missingBrowser();
const LONG = 400_000;
const BOOT = 300_000;

describe.skipIf(why !== null)(`a machine in a page${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-page-'));
  let pages: Server;
  let kernel: string;
  let browser: Browser | undefined;
  let program: Program | undefined;
  let servers: TestServer[] = [];

  beforeAll(async () => {
    const files = system(directory);
    kernel = files.kernel;
    pages = await serve({ kernel, initrd: files.initial });
  });
  afterEach(async () => {
    await browser?.close();
    browser = undefined;
    await program?.stop();
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(() => {
    pages?.closeAllConnections();
    pages?.close();
    rmSync(directory, { recursive: true });
  });

  const port = (): number => (pages.address() as { port: number }).port;

  /** Opens the page, and listens to its machine. */
  async function boot(query: string): Promise<Console> {
    const opened = await Browser.open(`http://127.0.0.1:${port()}/${query}`);
    browser = opened;
    const machine = new Console((text) => void opened.evaluate(`type(${JSON.stringify(text)})`));
    let heard = 0;
    const listen = async (): Promise<void> => {
      while (browser === opened) {
        const text = await opened.evaluate(`document.querySelector('#screen').textContent.slice(${heard})`);
        if (typeof text === 'string' && text !== '') {
          heard += text.length;
          machine.hear(text);
        }
        await pause(200);
      }
    };
    void listen();
    await Promise.race([machine.ready(BOOT), failed(opened)]);
    return machine;
  }

  /** Rejects when the page throws, so that nobody waits for a machine that never starts. */
  async function failed(opened: Browser): Promise<void> {
    while (opened.fault === '') {
      await pause(200);
      if (browser !== opened) return;
    }
    throw new Error(`the page threw: ${opened.fault}`);
  }

  test(
    'through --ws',
    async () => {
      const [web, hashing] = [await http(), await hasher()];
      servers = [web, hashing];
      program = await Program.start(['--ws', '0'], /guests come to/);
      const [, relay] = await program.until(/guests come to (\S+)/);
      const machine = await boot(`?relay=ws://${relay}/`);
      expect(await lease(machine)).toBe('10.0.2.20');
      const { out: down } = await machine.run(`wget -q -O - http://10.0.2.2:${web.port}/blocks/16 | sha256sum`, LONG);
      expect(down).toBe(`${hashOf(16)}  -\n`);
      const upload = `head -c 1048576 /dev/urandom > /tmp/up; sha256sum < /tmp/up; nc 10.0.2.2 ${hashing.port} < /tmp/up`;
      const [sent, received] = (await machine.run(upload, LONG)).out.split('\n');
      expect(received).toBe(sent);
    },
    LONG,
  );

  test(
    'with the stack in the page',
    async () => {
      const machine = await boot('');
      expect(await lease(machine)).toBe('10.0.2.20');
      expect((await machine.run('ping -c 1 -W 5 10.0.2.2')).code).toBe(0);
      const { out: down } = await machine.run('wget -q -O - http://10.0.2.2/system/kernel | sha256sum', LONG);
      expect(down).toBe(`${createHash('sha256').update(readFileSync(kernel)).digest('hex')}  -\n`);
      // busybox's wget takes text only, so what is sent is that
      const upload =
        'head -c 300000 /dev/urandom | base64 -w 0 > /tmp/up; sha256sum < /tmp/up; wget -q -O - --post-file=/tmp/up http://10.0.2.2/sha256';
      const [sent, received] = (await machine.run(upload, LONG)).out.split('\n');
      expect(sent).toMatch(/^[0-9a-f]{64} {2}-$/);
      expect(received).toBe(sent);
      const names = await machine.run('nslookup example.org; nc 10.0.2.2 81 < /dev/null');
      expect(names.out).toContain('192.0.2.1');
      expect(names.out).toContain('Connection refused');
    },
    LONG,
  );
});
