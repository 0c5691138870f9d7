import { createRoute } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import type { ForwardInfo, ForwardOrder, Place } from '../controlled.ts';
import { isRefused } from '../controlled.ts';
import { Numbered, PagedOfNetwork, paging } from '../parameters.ts';
import { Problem, problemOf } from '../problem.ts';
import { Forwards, Made, MOST_PORTS, NewForward } from '../schemas.ts';
import { DONE, json, type Options, OTHERWISE, onlyJson } from './route.ts';

const HIGHEST_PORT = 65_535;

/** /v1/forwards: GET and POST, and DELETE of one. */
export function forwardRoutes(app: App, { controlled, changed }: Options): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/forwards',
    tags: ['forwards'],
    summary: 'Every forward, of the command line too',
    request: { query: PagedOfNetwork },
    responses: { 200: json('A page of them', Forwards), ...OTHERWISE },
  });
  app.openapi(list, async (c) => {
    const query = c.req.valid('query');
    return c.json(await controlled.forwards(query.network ?? null, paging(query)), 200);
  });

  const add = createRoute({
    method: 'post',
    path: '/v1/forwards',
    tags: ['forwards'],
    summary: 'Makes a forward, or one for each port of a range: all of them, or none',
    middleware: onlyJson,
    request: { body: { required: true, content: { 'application/json': { schema: NewForward } } } },
    responses: { 201: json('What was made, with the ports that were found', Made), ...OTHERWISE },
  });
  app.openapi(add, async (c) => {
    const wanted = c.req.valid('json');
    const made = await controlled.forward(wanted.network ?? null, ordersOf(wanted));
    if (isRefused(made)) throw problemOf(made);
    for (const forward of made) changed(`forward ${forward.id}: ${wordsOf(forward)}`);
    return c.json({ forwards: made }, 201);
  });

  const remove = createRoute({
    method: 'delete',
    path: '/v1/forwards/{id}',
    tags: ['forwards'],
    summary: 'Takes a forward away; what flows through it goes on',
    request: { params: Numbered },
    responses: { 204: DONE, ...OTHERWISE },
  });
  app.openapi(remove, async (c) => {
    const { id } = c.req.valid('param');
    const refused = await controlled.unforward(id);
    if (refused !== null) throw problemOf(refused);
    changed(`forward ${id} is taken away`);
    return c.body(null, 204);
  });
}

/** Throws a Problem. */
function ordersOf(wanted: NewForward): readonly ForwardOrder[] {
  if (wanted.kind === 'guestfwd') {
    const { kind, at, to } = wanted;
    return [{ kind, at: { ...at, address: at.address ?? null }, to }];
  }
  const { kind, protocol, host } = wanted;
  const guest = { ...wanted.guest, address: wanted.guest.address ?? null };
  if ('path' in host) return [{ kind, protocol, host, guest }];
  const { address, port, lastPort = port } = host;
  const count = lastPort - port + 1;
  const isRange =
    count >= 1 && count <= MOST_PORTS && (count === 1 || port > 0) && guest.port + count - 1 <= HIGHEST_PORT;
  if (!isRange) {
    const detail = `has to be a port behind port, which is not 0, for ${MOST_PORTS} ports at most that the guest has too`;
    throw new Problem(400, 'the request is not as it should be', { faults: [{ field: 'host.lastPort', detail }] });
  }
  return Array.from({ length: count }, (_, i) => ({
    kind,
    protocol,
    host: { address, port: port + i },
    guest: { ...guest, port: guest.port + i },
  }));
}

function wordsOf(forward: ForwardInfo): string {
  if (forward.kind === 'hostfwd') {
    return `${forward.protocol} ${nameOf(forward.host)} leads to ${nameOf(forward.guest)}`;
  }
  return `${nameOf(forward.at)} inside leads to ${nameOf(forward.to)}`;
}

function nameOf(place: Place | { readonly path: string } | { readonly command: string }): string {
  if ('path' in place) return place.path;
  if ('command' in place) return place.command;
  return place.address.includes(':') ? `[${place.address}]:${place.port}` : `${place.address}:${place.port}`;
}
