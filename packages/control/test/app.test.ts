import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { type App, newApp } from '../src/app.ts';
import { type Document, Judge } from './document.ts';
import { readExposition } from './exposition.ts';
import { FakeNetworks } from './fake.ts';

/** What may be in an answer. */
interface Body {
  readonly items: readonly { readonly id: string }[];
  readonly next: string | null;
  readonly forwards: readonly { readonly host: { readonly port: number }; readonly guest: { readonly port: number } }[];
  readonly faults: readonly unknown[];
  readonly title: string;
  readonly status: number;
}

let networks: FakeNetworks;
let app: App;
let changes: string[];
let failures: Error[];
const document = (await (await newTested().request('/openapi.json')).json()) as Document;
const judge = new Judge(document);

beforeEach(() => {
  app = newTested();
});

function newTested(): App {
  networks = new FakeNetworks();
  changes = [];
  failures = [];
  return newApp({
    controlled: networks,
    program: { name: 'reslirp', version: '1.2.3' },
    admission: null,
    changed: (what) => changes.push(what),
    failed: (error) => failures.push(error),
  });
}

/** The answer, which is as the document says. */
async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const sent = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await app.request(path, { method, ...(body === undefined ? {} : sent) });
  expect(await judge.fault(method, path, response)).toBeNull();
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Body };
}

const get = (path: string): Promise<{ status: number; body: Body }> => ask('GET', path);

describe('the document', () => {
  it('is OpenAPI 3.1', async () => {
    const result = await new Validator().validate(document as unknown as Record<string, unknown>);
    expect(result).toEqual({ valid: true });
    expect(document.openapi).toBe('3.1.0');
  });

  it('has every route', () => {
    const all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(all.sort()).toEqual([
      'delete /v1/dns/cache',
      'delete /v1/dns/names/{name}',
      'delete /v1/flows/{id}',
      'delete /v1/forwards/{id}',
      'get /metrics',
      'get /v1/counters',
      'get /v1/dns/names',
      'get /v1/flows',
      'get /v1/forwards',
      'get /v1/guests',
      'get /v1/leases',
      'get /v1/networks',
      'get /v1/version',
      'post /v1/forwards',
      'put /v1/dns/names/{name}',
    ]);
  });

  it('the judge of these tests finds what is wrong', async () => {
    const wrong = Response.json({ name: 'x', version: '1', api: 2 });
    expect(await judge.fault('GET', '/v1/version', wrong)).toMatch(/api/);
    expect(await judge.fault('GET', '/v1/flows', Response.json({ items: [{}], next: null }))).toMatch(/required/);
  });
});

describe('lists', () => {
  test.each([
    ['/v1/networks', 1],
    ['/v1/guests', 2],
    ['/v1/forwards', 2],
    ['/v1/leases', 2],
    ['/v1/dns/names', 1],
    ['/v1/flows', 3],
  ])('%s', async (path, count) => {
    const { status, body } = await get(path);
    expect([status, body.items.length, body.next]).toEqual([200, count, null]);
  });

  it('a part at a time', async () => {
    networks.flowCount = 16_384;
    const ids = new Set<string>();
    let pages = 0;
    for (let next: string | null = ''; next !== null; pages++) {
      const page = await get(`/v1/flows?limit=1000${next === '' ? '' : `&after=${next}`}`);
      for (const { id } of page.body.items) ids.add(id);
      next = page.body.next;
    }
    expect([ids.size, pages]).toEqual([16_384, 17]);
    expect((await get('/v1/flows')).body.items).toHaveLength(100);
  });

  it('of one network, of a protocol, of a guest', async () => {
    await get('/v1/flows?network=7&protocol=udp&guest=fd00::15');
    await get('/v1/guests?network=7');
    expect(networks.asked).toEqual([{ flows: { network: 7, protocol: 'udp', guest: 'fd00::15' } }, { guests: 7 }]);
  });

  test.each([
    '/v1/flows?limit=0',
    '/v1/flows?limit=1001',
    '/v1/flows?limit=1e2',
    '/v1/flows?limit=',
    '/v1/flows?limit=5&limit=6',
    '/v1/flows?protocol=sctp',
    '/v1/flows?guest=vm',
    '/v1/flows?guest=fe80::1%25eth0',
    '/v1/flows?after=x',
    '/v1/guests?network=0',
    '/v1/guests?guest=1',
  ])('%s is no query', async (path) => {
    const { status, body } = await get(path);
    expect([status, body.faults.length]).toEqual([400, 1]);
    expect(networks.asked).toEqual([]);
  });
});

describe('forwards', () => {
  it('what is left out is filled in: TCP, this machine alone, the first guest', async () => {
    const wanted = { kind: 'hostfwd', host: { port: 0 }, guest: { port: 80 } };
    const { status, body } = await ask('POST', '/v1/forwards', wanted);
    expect([status, body.forwards.length]).toEqual([201, 1]);
    const order = { kind: 'hostfwd', protocol: 'tcp', host: { address: '127.0.0.1', port: 0 } };
    expect(networks.asked).toEqual([{ network: null, orders: [{ ...order, guest: { address: null, port: 80 } }] }]);
    expect(changes).toEqual(['forward 10: tcp 127.0.0.1:40000 leads to 10.0.2.20:80']);
  });

  it('a range is a forward for each port', async () => {
    const host = { address: '::1', port: 8_000, lastPort: 8_002 };
    const wanted = { kind: 'hostfwd', protocol: 'udp', network: 3, host, guest: { address: 'fd00::15', port: 9_000 } };
    const { body } = await ask('POST', '/v1/forwards', wanted);
    const ports = body.forwards.map((f) => [f.host.port, f.guest.port]);
    expect(ports).toEqual([
      [8_000, 9_000],
      [8_001, 9_001],
      [8_002, 9_002],
    ]);
    expect(networks.asked).toMatchObject([{ network: 3 }]);
  });

  it('a unix socket of this machine, and ways out of the network', async () => {
    for (const wanted of [
      { kind: 'hostfwd', host: { path: '/run/x' }, guest: { port: 22 } },
      { kind: 'guestfwd', at: { port: 80 }, to: { address: '127.0.0.1', port: 8_080 } },
      { kind: 'guestfwd', at: { address: '10.0.2.9', port: 80 }, to: { path: '/run/web' } },
    ]) {
      expect((await ask('POST', '/v1/forwards', wanted)).status).toBe(201);
    }
    expect(changes).toEqual([
      'forward 10: tcp /run/x leads to 10.0.2.20:22',
      'forward 10: 10.0.2.4:80 inside leads to 127.0.0.1:8080',
      'forward 10: 10.0.2.9:80 inside leads to /run/web',
    ]);
  });

  const guest = { port: 80 };
  test.each<[string, unknown]>([
    ['no object', []],
    ['nothing', {}],
    ['another kind', { kind: 'x', host: { port: 1 }, guest }],
    ['no port', { kind: 'hostfwd', host: {}, guest }],
    ['a port of the guest that is none', { kind: 'hostfwd', host: { port: 1 }, guest: { port: 0 } }],
    ['a port as text', { kind: 'hostfwd', host: { port: '1' }, guest }],
    ['a port too high', { kind: 'hostfwd', host: { port: 65_536 }, guest }],
    ['a fraction', { kind: 'hostfwd', host: { port: 1.5 }, guest }],
    ['a name', { kind: 'hostfwd', host: { address: 'localhost', port: 1 }, guest }],
    ['a zone', { kind: 'hostfwd', host: { address: 'fe80::1%lo', port: 1 }, guest }],
    ['a relative path', { kind: 'hostfwd', host: { path: 'x' }, guest }],
    ['a long path', { kind: 'hostfwd', host: { path: `/${'x'.repeat(107)}` }, guest }],
    ['a range that goes down', { kind: 'hostfwd', host: { port: 10, lastPort: 9 }, guest }],
    ['a range from 0', { kind: 'hostfwd', host: { port: 0, lastPort: 9 }, guest }],
    ['a range too long', { kind: 'hostfwd', host: { port: 1, lastPort: 1_025 }, guest }],
    ['a range beyond the last port', { kind: 'hostfwd', host: { port: 1, lastPort: 9 }, guest: { port: 65_530 } }],
    ['what is not known', { kind: 'hostfwd', host: { port: 1 }, guest, extra: 1 }],
    ['a command', { kind: 'guestfwd', at: { port: 7 }, to: { command: 'cat' } }],
  ])('%s is refused, and why', async (_, wanted) => {
    const { status, body } = await ask('POST', '/v1/forwards', wanted);
    expect([status, body.title, body.status]).toEqual([400, 'Bad Request', 400]);
    expect(body.faults.length).toBeGreaterThan(0);
    expect([networks.asked, changes]).toEqual([[], []]);
  });

  test.each([
    ['conflict', 409],
    ['invalid', 422],
    ['unknown', 404],
    ['failed', 500],
  ] as const)('%s is %i', async (refused, status) => {
    networks.refusal = { refused, why: 'it is so' };
    const wanted = { kind: 'hostfwd', host: { port: 1 }, guest };
    expect(await ask('POST', '/v1/forwards', wanted)).toMatchObject({ status, body: { status, detail: 'it is so' } });
    expect(await ask('DELETE', '/v1/forwards/3')).toMatchObject({ status });
    expect(await ask('DELETE', '/v1/flows/1-tcp-1-1')).toMatchObject({ status });
    expect(await ask('DELETE', '/v1/dns/cache')).toMatchObject({ status });
    expect(await ask('DELETE', '/v1/dns/names/a')).toMatchObject({ status });
    expect(changes).toEqual([]);
  });

  it('one is taken away', async () => {
    expect(await ask('DELETE', '/v1/forwards/12')).toEqual({ status: 204, body: null });
    expect((await ask('DELETE', '/v1/forwards/x')).status).toBe(400);
    expect([networks.asked, changes]).toEqual([[{ unforward: 12 }], ['forward 12 is taken away']]);
  });
});

describe('names', () => {
  it('are set, removed, and answers forgotten', async () => {
    expect((await ask('PUT', '/v1/dns/names/db.example', { addresses: ['192.0.2.1', '2001:db8::1'] })).status).toBe(
      204,
    );
    expect((await ask('DELETE', '/v1/dns/names/db.example?network=2')).status).toBe(204);
    expect(await ask('DELETE', '/v1/dns/cache')).toEqual({ status: 200, body: { forgotten: 12 } });
    expect(networks.asked).toEqual([
      { setName: [null, 'db.example', ['192.0.2.1', '2001:db8::1']] },
      { removeName: [2, 'db.example'] },
      { forgetAnswers: null },
    ]);
    expect(changes).toHaveLength(3);
  });

  test.each([[[]], [['x']], [Array(65).fill('192.0.2.1')], [null]])('%j are no addresses', async (addresses) => {
    expect((await ask('PUT', '/v1/dns/names/a', { addresses })).status).toBe(400);
    expect(networks.asked).toEqual([]);
  });
});

describe('what is not as it should be', () => {
  const problem = async (path: string, init: RequestInit): Promise<[number, string, Response]> => {
    const response = await app.request(path, init);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const body = (await response.json()) as { status: number; title: string; type: string; detail: string };
    expect([body.status, body.type]).toEqual([response.status, 'about:blank']);
    return [response.status, body.detail, response];
  };
  const json = { 'content-type': 'application/json' };

  test.each(['{', '', '{"a":1}}', 'null x', '\u0000'])('%j is no JSON', async (body) => {
    const [status, detail] = await problem('/v1/forwards', { method: 'POST', body, headers: json });
    expect([status, detail]).toEqual([400, expect.stringMatching(/JSON|as it should be/)]);
  });

  test.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])('%s', async (type) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const body = new TextEncoder().encode('{}');
    expect((await problem('/v1/forwards', { method: 'POST', body, headers }))[0]).toBe(415);
  });

  it('a body is of no interest where there is no such place, or method', async () => {
    const body = new TextEncoder().encode('x');
    expect((await problem('/v1/nowhere', { method: 'POST', body }))[0]).toBe(404);
    expect((await problem('/v1/flows', { method: 'POST', body }))[0]).toBe(405);
  });

  test.each([
    [{}, 'addresses', 'is missing'],
    [{ addresses: 'x' }, 'addresses', 'is no array'],
    [{ addresses: [] }, 'addresses', 'has less than 1 elements'],
    [{ addresses: ['x'] }, 'addresses.0', 'no IPv4 or IPv6 address'],
    [{ addresses: ['192.0.2.1'], network: 1.5 }, 'network', 'is no integer'],
    [{ addresses: ['192.0.2.1'], network: 0 }, 'network', 'is less than 1'],
    [{ addresses: ['192.0.2.1'], ttl: 1 }, '', "has no 'ttl'"],
  ])('%j: %s %s', async (sent, field, detail) => {
    const response = await app.request('/v1/dns/names/a', { method: 'PUT', body: JSON.stringify(sent), headers: json });
    expect(await response.json()).toMatchObject({ status: 400, faults: [{ field, detail }] });
  });

  it('a body that is too large, or of which nobody knows', async () => {
    const large = { ...json, 'content-length': '65537' };
    expect((await problem('/v1/forwards', { method: 'POST', body: 'x', headers: large }))[0]).toBe(413);
    const chunked = { ...json, 'transfer-encoding': 'chunked' };
    expect((await problem('/v1/forwards', { method: 'POST', body: 'x', headers: chunked }))[0]).toBe(411);
  });

  test.each(['/', '/v1', '/v1/flow', '/v1/flows/', '/v2/flows', '/v1/flows/1/2', '/metrics/'])(
    '%s: 404',
    async (path) => {
      expect((await problem(path, {}))[0]).toBe(404);
    },
  );

  test.each([
    ['DELETE', '/v1/forwards', 'GET, HEAD, POST'],
    ['PATCH', '/v1/forwards/1', 'DELETE'],
    ['GET', '/v1/forwards/1', 'DELETE'],
    ['OPTIONS', '/v1/flows', 'GET, HEAD'],
    ['DELETE', '/metrics', 'GET, HEAD'],
    ['DELETE', '/openapi.json', 'GET, HEAD'],
  ])('%s %s: 405', async (method, path, allow) => {
    const [status, , response] = await problem(path, { method, headers: json });
    expect([status, response.headers.get('allow')]).toEqual([405, allow]);
  });

  it('HEAD is GET without a body', async () => {
    const response = await app.request('/v1/flows', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('a fault of ours is told to the log, and not to the client', async () => {
    networks.fault = new Error('secret');
    const { status, body } = await get('/v1/counters');
    expect([status, JSON.stringify(body).includes('secret'), failures]).toEqual([500, false, [networks.fault]]);
  });

  it('who asks without end is told to wait', async () => {
    const all = await Promise.all(Array.from({ length: 1_500 }, () => app.request('/v1/version')));
    const refused = all.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(100);
    expect(refused[0]!.headers.get('retry-after')).toBe('1');
    expect(all.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(990);
  });
});

describe('metrics', () => {
  it('are as Prometheus reads them', async () => {
    const response = await app.request('/metrics');
    expect(await judge.fault('GET', '/metrics', response)).toBeNull();
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const all = readExposition(await response.text());
    const told = [...all].flatMap(([name, { type, samples }]) =>
      [...samples].map(([of, n]) => `${type} ${name} ${of} ${n}`),
    );
    expect(told.filter((line) => !line.includes('process_'))).toEqual([
      'gauge reslirp_info name="reslirp",version="1.2.3" 1',
      'gauge reslirp_networks  1',
      'gauge reslirp_guests  2',
      'gauge reslirp_forwards  2',
      'counter reslirp_frames_total direction="in" 5',
      'counter reslirp_frames_total direction="out" 6',
      'counter reslirp_stack_tcp_opened_total  1',
      'counter reslirp_dropped_frames_total reason="ARP_MALFORMED" 2',
      'counter reslirp_dns_cache_hits_total  1',
      'gauge reslirp_flows protocol="tcp" 1',
      'gauge reslirp_flows protocol="udp" 2',
      'gauge reslirp_stack_tcp_ring_bytes  65536',
    ]);
    expect(all.get('process_resident_memory_bytes')!.samples.get('')).toBeGreaterThan(1_000_000);
  });

  it('requests, by how they were answered: those that were not let in too', async () => {
    await app.request('/v1/version');
    await app.request('/nowhere');
    await app.request('/v1/version', { headers: { 'content-length': '65537' } });
    const { samples } = readExposition(await (await app.request('/metrics')).text()).get('reslirp_api_requests_total')!;
    expect(Object.fromEntries(samples)).toEqual({ 'status="200"': 1, 'status="404"': 1, 'status="413"': 1 });
  });

  it('are counted once a second at most, however many ask', async () => {
    await Promise.all(Array.from({ length: 50 }, () => app.request('/metrics')));
    expect(networks.counted).toBe(1);
  });

  it('a fault passes', async () => {
    networks.fault = new Error('once');
    expect((await app.request('/metrics')).status).toBe(500);
    networks.fault = null;
    expect((await app.request('/metrics')).status).toBe(200);
  });
});
