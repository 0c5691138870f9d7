// The API as people use it: curl on a unix socket, while a real guest runs, on everything that carries a network.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Document, Judge } from '../../packages/control/test/document.ts';
import { readExposition } from '../../packages/control/test/exposition.ts';
import { Guest, RESLIRP, run } from './guest.ts';
import { Program } from './program.ts';
import { HELLO, http, type Server } from './servers.ts';
import { missing } from './tools.ts';

const why = missing('curl', 'socat', 'dig');
const directory = mkdtempSync(join(tmpdir(), 'reslirp-api-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Item {
  readonly id: number | string;
  readonly [field: string]: unknown;
}
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly items: readonly Item[];
  readonly forwards: readonly (Item & { readonly host: { readonly port: number } })[];
}

/** curl, and the document as the judge of every answer. */
class Client {
  readonly #at: readonly string[];
  readonly #base: string;
  #judge: Judge | null = null;

  constructor(where: { readonly path: string } | { readonly port: number; readonly token: string }) {
    this.#at = 'path' in where ? ['--unix-socket', where.path] : ['-H', `Authorization: Bearer ${where.token}`];
    this.#base = 'path' in where ? 'http://localhost' : `http://127.0.0.1:${where.port}`;
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.#curl(method, path, body);
    this.#judge ??= new Judge(JSON.parse((await this.#curl('GET', '/openapi.json')).text) as Document);
    const { status, type, text } = answer;
    const response = new Response(status === 204 ? null : text, { status, headers: { 'content-type': type } });
    expect(await this.#judge.fault(method, path, response)).toBeNull();
    return answer;
  }

  async get(path: string): Promise<Answer> {
    const answer = await this.ask('GET', path);
    expect(answer.status).toBe(200);
    return answer;
  }

  async #curl(method: string, path: string, body?: unknown): Promise<Answer> {
    const sent = body === undefined ? [] : ['--json', JSON.stringify(body)];
    const told = ['-w', '\n%{http_code} %{content_type}', '-X', method, ...sent];
    const done = await run(['curl', '-s', '-S', '-m', '10', ...this.#at, ...told, `${this.#base}${path}`]);
    if (done.code !== 0) throw new Error(done.err);
    const end = done.out.lastIndexOf('\n');
    const text = done.out.slice(0, end);
    const [status, type = ''] = done.out.slice(end + 1).split(/ (.*)/s);
    const value = /json/.test(type) ? (JSON.parse(text) as object) : {};
    return { items: [], forwards: [], ...value, status: Number(status), type, text };
  }
}

const hostfwd = (port: number, host: object = { port: 0 }): object => ({ kind: 'hostfwd', host, guest: { port } });
const fetched = (port: number): Promise<string> =>
  run(['curl', '-s', '-S', '-m', '5', `http://127.0.0.1:${port}/`]).then(({ out, err }) => out || err);
writeFileSync(join(directory, 'index.html'), 'from the guest');
/** Serves a page at its port 80. */
const serve = async (guest: Guest): Promise<void> => {
  void guest.run(['busybox', 'httpd', '-f', '-p', '80', '-h', directory], 60_000);
  await guest.until('busybox netstat -ltn | grep -q :80');
};

/** Listens at the last of three ports that are free: where the system does not take ports for others. */
async function lastOfThree(): Promise<[NetServer, number]> {
  for (let last = 20_002; last < 30_000; last += 3) {
    const three = [last - 2, last - 1, last].map((port) => createServer().listen(port, '127.0.0.1'));
    const free = await Promise.all(
      three.map(
        (server) =>
          new Promise<boolean>((resolve) =>
            server.once('listening', () => resolve(true)).once('error', () => resolve(false)),
          ),
      ),
    );
    const all = free.every((is) => is);
    for (const server of all ? three.slice(0, 2) : three) await new Promise((resolve) => server.close(resolve));
    if (all) return [three[2]!, last];
  }
  throw new Error('no three ports are free');
}

describe.skipIf(why !== null).each([
  ['linux', ['--host', 'linux']],
  ['node', ['--host', 'node']],
])(`--api on %s${why === null ? '' : `: skipped, ${why}`}`, (name, options) => {
  const path = join(directory, name);
  const client = new Client({ path });
  let guest: Guest;
  let web: Server;

  beforeAll(async () => {
    web = await http();
    const own = ['-d2', '--ipv6', '--dhcp6', 'stateful', '--api', path, '--hostfwd', 'tcp:127.0.0.1:0-:22'];
    const names = ['--dns-host', 'db.example=192.0.2.9', '--guestfwd', 'tcp::7-cmd:cat'];
    guest = await Guest.start([...RESLIRP, ...options, ...own, ...names]);
    await guest.dhcp('-x', 'hostname:vm');
    for (let i = 0; i < 500 && !guest.messages.includes('clients come to'); i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await serve(guest);
  });
  afterAll(async () => {
    await guest?.stop();
    web?.close();
  });

  test('its socket is this user’s alone', () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('a forward is made, used, listed and taken away', async () => {
    const made = await client.ask('POST', '/v1/forwards', hostfwd(80));
    expect(made.status).toBe(201);
    const [{ id, host }] = made.forwards as [Answer['forwards'][number]];
    expect(await fetched(host.port)).toBe('from the guest');
    const listed = (await client.get('/v1/forwards')).items;
    expect(listed.map(({ kind, by }) => `${kind} ${by}`)).toEqual(['hostfwd option', 'guestfwd option', 'hostfwd api']);
    expect(listed.at(-1)).toEqual(made.forwards[0]);
    expect((await client.ask('POST', '/v1/forwards', hostfwd(80, { port: host.port }))).status).toBe(409);
    expect((await client.ask('DELETE', `/v1/forwards/${id}`)).status).toBe(204);
    expect(await fetched(host.port)).toMatch(/refused|connect/);
    expect((await client.ask('DELETE', `/v1/forwards/${id}`)).status).toBe(404);
    expect((await client.get('/v1/forwards')).items).toHaveLength(2);
  });

  test('a range is made whole or not at all', async () => {
    const [taken, port] = await lastOfThree();
    const range = { port: port - 2, lastPort: port };
    const wanted = hostfwd(80, range);
    const refused = await client.ask('POST', '/v1/forwards', wanted);
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining(`127.0.0.1:${port}: it is in use`)]);
    expect((await client.get('/v1/forwards')).items).toHaveLength(2);
    await new Promise((resolve) => taken.close(resolve));
    const made = await client.ask('POST', '/v1/forwards', wanted);
    expect(made.forwards.map(({ host }) => host.port)).toEqual([port - 2, port - 1, port]);
    for (const { id } of made.forwards) await client.ask('DELETE', `/v1/forwards/${id}`);
  });

  test('forwards of the options go too, and ways out of the network come', async () => {
    const at = { address: '10.0.2.77', port: 80 };
    const made = await client.ask('POST', '/v1/forwards', {
      kind: 'guestfwd',
      at,
      to: { address: '127.0.0.1', port: web.port },
    });
    expect(made.status).toBe(201);
    expect((await guest.run(['curl', '-s', 'http://10.0.2.77/hello'])).out).toBe(HELLO);
    expect((await client.ask('DELETE', `/v1/forwards/${made.forwards[0]!.id}`)).status).toBe(204);
    expect((await guest.run(['curl', '-s', '-m', '3', 'http://10.0.2.77/hello'])).code).not.toBe(0);
    const echo = async (): Promise<string> =>
      (await guest.sh('echo hello | socat -t1 - TCP:10.0.2.4:7,connect-timeout=2')).out;
    expect(await echo()).toBe('hello\n');
    for (const { id } of (await client.get('/v1/forwards')).items) {
      expect((await client.ask('DELETE', `/v1/forwards/${id}`)).status).toBe(204);
    }
    expect(await echo()).toBe('');
    const none = await client.ask('POST', '/v1/forwards', {
      kind: 'guestfwd',
      at: { address: '192.0.2.1', port: 1 },
      to: at,
    });
    expect([none.status, none.text]).toEqual([422, expect.stringContaining('192.0.2.1')]);
  });

  test('the guest, its lease and its names', async () => {
    const [one] = (await client.get('/v1/guests')).items;
    expect(one).toMatchObject({ name: 'guest', macs: [expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)] });
    expect(JSON.stringify(one!['addresses'])).toContain('"10.0.2.20"');
    const [lease] = (await client.get('/v1/leases')).items;
    expect(lease).toMatchObject({
      family: 4,
      address: '10.0.2.20',
      name: 'vm',
      state: 'bound',
      mac: (one!['macs'] as string[])[0],
    });
    const left = Date.parse(String(lease!['expires'])) - Date.now();
    expect(left / 1_000).toBeGreaterThan(86_000);
    expect(left / 1_000).toBeLessThan(86_401);

    const asked = (name: string): Promise<string> =>
      guest.sh(`dig +short +tries=1 ${name} @10.0.2.3`).then(({ out }) => out.trim());
    expect(await asked('db.example')).toBe('192.0.2.9');
    expect((await client.ask('PUT', '/v1/dns/names/new.example', { addresses: ['192.0.2.50'] })).status).toBe(204);
    expect(await asked('new.example')).toBe('192.0.2.50');
    const names = (await client.get('/v1/dns/names')).items;
    expect(names).toContainEqual({ network: 1, name: 'new.example', addresses: ['192.0.2.50'], by: 'api' });
    expect(names).toContainEqual({ network: 1, name: 'db.example', addresses: ['192.0.2.9'], by: 'option' });
    expect((await client.ask('DELETE', '/v1/dns/names/db.example')).status).toBe(204);
    expect((await client.ask('DELETE', '/v1/dns/names/host.docker.internal')).status).toBe(409);
    expect((await client.ask('PUT', '/v1/dns/names/a..b', { addresses: ['192.0.2.50'] })).status).toBe(422);
    expect((await client.ask('DELETE', '/v1/dns/cache')).status).toBe(200);
  });

  test('a flow is shown, and reset toward both sides', async () => {
    let host = '';
    const far = createServer((socket) => {
      socket.on('error', (error: NodeJS.ErrnoException) => (host = error.code ?? ''));
      socket.write('x');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => far.once('listening', resolve));
    const { port } = far.address() as { port: number };
    const client1 = guest.run(['socat', '-d', '-u', `TCP:10.0.2.2:${port}`, '-']);
    const mine = async (): Promise<Item | undefined> =>
      (await client.get('/v1/flows?protocol=tcp&guest=10.0.2.20')).items.find(
        ({ remote }) => remote === `10.0.2.2:${port}`,
      );
    let flow = await mine();
    for (let i = 0; i < 50 && flow?.['bytesDown'] !== 1; i++) flow = await mine();
    expect(flow).toMatchObject({ protocol: 'tcp', state: 'ESTABLISHED', bytesDown: 1 });
    expect((await client.get('/v1/flows?guest=10.0.2.21')).items).toEqual([]);
    expect((await client.ask('DELETE', `/v1/flows/${flow!.id}`)).status).toBe(204);
    expect((await client1).err).toContain('reset by peer');
    for (let i = 0; i < 100 && host === ''; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(host).toBe('ECONNRESET');
    expect((await client.ask('DELETE', `/v1/flows/${flow!.id}`)).status).toBe(404);
    far.close();
  });

  test('metrics, and counters', async () => {
    const all = readExposition((await client.get('/metrics')).text);
    expect(all.get('reslirp_guests')!.samples.get('')).toBe(1);
    expect(all.get('reslirp_frames_total')!.samples.get('direction="in"')).toBeGreaterThan(10);
    expect(all.get('reslirp_stack_tcp_opened_total')!.samples.get('')).toBeGreaterThan(0);
    expect([...all.keys()]).toEqual(
      expect.arrayContaining(['reslirp_dhcp6_replies_total', 'reslirp_ncsi_malformed_total']),
    );
    expect(JSON.parse((await client.get('/v1/counters')).text).gauges.stack.neighbours).toBeGreaterThan(0);
  });

  test('clients that ask without end do not hold up the guest', async () => {
    let over = false;
    const flood = async (): Promise<void> => {
      while (!over) await client.get('/v1/version').catch(() => {});
    };
    const all = Promise.all([flood(), flood()]);
    const done = await guest.run(
      ['curl', '-s', '-m', '20', '-o', '/dev/null', '-w', '%{size_download}', `http://10.0.2.2:${web.port}/blocks/200`],
      30_000,
    );
    over = true;
    await all;
    expect(done.out).toBe(String(200 * 65_536));
  }, 60_000);

  test('the socket goes with the program', async () => {
    await guest.unplug();
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});

describe.skipIf(why !== null)(`--api${why === null ? '' : `: skipped, ${why}`}`, () => {
  test('of reslirp run, from inside and before the command begins', async () => {
    const path = join(directory, 'run');
    const script = `curl -s --unix-socket ${path} http://localhost/v1/guests`;
    const done = await run([...RESLIRP, 'run', '--no-ipv6', '--api', path, '--', 'sh', '-c', script]);
    expect(JSON.parse(done.out)).toMatchObject({ items: [{ id: 1, network: 1, name: 'tap0' }], next: null });
    expect(() => statSync(path)).toThrow('ENOENT');
  });

  test('guests with a network each: what is made says for which', async () => {
    const path = join(directory, 'many');
    const cable = join(directory, 'cable');
    const client = new Client({ path });
    const program = await Program.start(['--listen', `unix:${cable}`, '--api', path], /--listen: guests come/);
    const guests: Guest[] = [];
    for (const number of [1, 2]) {
      guests.push(await Guest.start(['socat', '-', `UNIX-CONNECT:${cable}`]));
      await program.until(new RegExp(`a guest, one of ${number}`));
    }
    try {
      expect((await client.ask('POST', '/v1/forwards', hostfwd(80))).text).toContain("'network' has to say which");
      for (const guest of guests) {
        await guest.dhcp();
        await serve(guest);
      }
      const listed = (await client.get('/v1/guests')).items;
      expect(listed.map(({ id, network }) => [id, network])).toEqual([
        [1, 1],
        [2, 2],
      ]);
      const made = await client.ask('POST', '/v1/forwards', { ...hostfwd(80), network: 2 });
      const [{ host }] = made.forwards as [Answer['forwards'][number]];
      expect(await fetched(host.port)).toBe('from the guest');
      expect((await client.get('/v1/flows?network=1')).items.every(({ network }) => network === 1)).toBe(true);
      expect((await client.get('/v1/forwards?network=1')).items).toEqual([]);
      expect((await client.get('/v1/leases?limit=1')).items).toHaveLength(1);
      const before = JSON.parse((await client.get('/v1/counters')).text).counters.dhcp.acks;
      await guests[1]!.stop();
      await program.until(/has left/);
      expect(await fetched(host.port)).toMatch(/refused|connect/);
      expect((await client.get('/v1/guests')).items.map(({ id }) => id)).toEqual([1]);
      expect((await client.get('/v1/forwards')).items).toEqual([]);
      expect(JSON.parse((await client.get('/v1/counters')).text).counters.dhcp.acks).toBe(before);
      expect(before).toBe(2);
      expect((await client.ask('POST', '/v1/forwards', hostfwd(80))).status).toBe(201);
    } finally {
      await guests[0]!.stop();
      await program.stop();
    }
  }, 60_000);

  test('guests in one network: each with its own card and addresses', async () => {
    const cable = join(directory, 'cable2');
    const token = join(directory, 'token');
    writeFileSync(token, 'correct-horse-battery\n');
    const ways = ['--listen', `unix:${cable}`, '--shared', '--hostfwd', 'tcp:127.0.0.1:0-:80'];
    const program = await Program.start([...ways, '--api', '0', '--api-token-file', token], /--listen: guests come/);
    const port = Number((await program.until(/--api: clients come to 127\.0\.0\.1:(\d+)/))[1]);
    const client = new Client({ port, token: 'correct-horse-battery' });
    const guests = await Promise.all([1, 2].map(() => Guest.start(['socat', '-', `UNIX-CONNECT:${cable}`])));
    try {
      for (const guest of guests) await guest.dhcp();
      const listed = (await client.get('/v1/guests')).items;
      const addresses = listed.map((one) =>
        (one['addresses'] as { address: string }[]).map(({ address }) => address).filter((a) => a.includes('.')),
      );
      expect(addresses.flat().sort()).toEqual(['10.0.2.20', '10.0.2.21']);
      expect(addresses.map((a) => a.length)).toEqual([1, 1]);
      expect(
        listed.every(({ network, counters }) => network === 1 && (counters as { framesIn: number }).framesIn > 1),
      ).toBe(true);
      expect((await client.get('/v1/networks')).items).toMatchObject([{ id: 1, guests: 2, forwards: 1 }]);
      // A guest finds the port, for the gateway is this machine; and no way in
      const inside = await guests[0]!.run(['curl', '-s', `http://10.0.2.2:${port}/v1/forwards`]);
      expect(inside.out).toContain('"status":403');
      const forged = await guests[0]!.run([
        'curl',
        '-s',
        '-H',
        'Host: localhost',
        `http://10.0.2.2:${port}/v1/forwards`,
      ]);
      expect(forged.out).toContain('"status":401');
    } finally {
      for (const guest of guests) await guest.stop();
      await program.stop();
    }
  }, 60_000);
});
