// Guests of one network find each other by the names that they gave DHCP.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Guest } from './guest.ts';
import { Program } from './program.ts';
import { missing } from './tools.ts';

const why = missing('socat', 'dig', 'ping');
const LONG = 60_000;

describe.skipIf(why !== null)(`names across guests${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-names-'));
  const path = join(directory, 'net');
  const guests: Guest[] = [];
  let program: Program | undefined;

  afterEach(async () => {
    for (const guest of guests.splice(0)) await guest.stop();
    await program?.stop();
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** A guest that calls itself so. */
  async function named(name: string): Promise<[Guest, string]> {
    const guest = await Guest.start(['socat', '-b65536', 'STDIO', `UNIX-CONNECT:${path}`]);
    guests.push(guest);
    const { ip = '' } = await guest.dhcp('-F', name);
    return [guest, ip];
  }

  const dig = async (guest: Guest, ...what: string[]): Promise<string> =>
    (await guest.run(['dig', '+short', '+time=5', '+tries=2', '@10.0.2.3', ...what])).out.trim();

  test.each([
    ['they reach each other', []],
    ['--isolated: they do not', ['--isolated']],
  ])('--shared, %s', { timeout: LONG }, async (_, more) => {
    const options = ['--shared', '--vdomainname', 'lan.example', ...more];
    program = await Program.start(['--listen', `unix:${path}`, ...options], /guests come to/);
    const [alpha, a] = await named('alpha');
    const [beta, b] = await named('beta');
    expect(new Set([a, b]).size).toBe(2);
    expect(await dig(alpha, 'beta.lan.example')).toBe(b);
    expect(await dig(beta, 'alpha.lan.example')).toBe(a);
    expect(await dig(beta, '-x', a)).toMatch(/^alpha\./);
    const asked = await alpha.run(['busybox', 'nslookup', 'beta.lan.example', '10.0.2.3']);
    expect(asked.out).toContain(b);
    const { out } = await alpha.sh(`ping -c 2 -W 2 ${b}`);
    expect(out).toContain(more.length === 0 ? ' 0% packet loss' : ' 100% packet loss');
  });

  test('each in a network of its own: nobody hears of the others', { timeout: LONG }, async () => {
    program = await Program.start(['--listen', `unix:${path}`, '--vdomainname', 'lan.example'], /guests come to/);
    const [alpha, a] = await named('alpha');
    await named('beta');
    expect(await dig(alpha, 'alpha.lan.example')).toBe(a);
    expect(await dig(alpha, 'beta.lan.example')).toBe('');
  });
});
