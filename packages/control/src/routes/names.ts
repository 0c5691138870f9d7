import { createRoute } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { isRefused } from '../controlled.ts';
import { Named, OfNetwork, PagedOfNetwork, paging } from '../parameters.ts';
import { problemOf } from '../problem.ts';
import { Forgotten, Names, NewName } from '../schemas.ts';
import { DONE, json, type Options, OTHERWISE, onlyJson } from './route.ts';

/** /v1/dns/names: GET, and PUT and DELETE of one. DELETE /v1/dns/cache. */
export function nameRoutes(app: App, options: Options): void {
  listAndSet(app, options);
  removal(app, options);
}

function listAndSet(app: App, { controlled, changed }: Options): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/dns/names',
    tags: ['names'],
    summary: 'The names that a network answers for itself, but those of guests: leases have them',
    request: { query: PagedOfNetwork },
    responses: { 200: json('A page of them', Names), ...OTHERWISE },
  });
  app.openapi(list, async (c) => {
    const query = c.req.valid('query');
    return c.json(await controlled.names(query.network ?? null, paging(query)), 200);
  });

  const set = createRoute({
    method: 'put',
    path: '/v1/dns/names/{name}',
    tags: ['names'],
    summary: 'Gives a name its addresses, in place of those that it had',
    middleware: onlyJson,
    request: { params: Named, body: { required: true, content: { 'application/json': { schema: NewName } } } },
    responses: { 204: DONE, ...OTHERWISE },
  });
  app.openapi(set, async (c) => {
    const { name } = c.req.valid('param');
    const { network = null, addresses } = c.req.valid('json');
    const refused = await controlled.setName(network, name, addresses);
    if (refused !== null) throw problemOf(refused);
    changed(`${name} is ${addresses.join(', ')}`);
    return c.body(null, 204);
  });
}

function removal(app: App, { controlled, changed }: Options): void {
  const remove = createRoute({
    method: 'delete',
    path: '/v1/dns/names/{name}',
    tags: ['names'],
    summary: 'Takes a name away',
    request: { params: Named, query: OfNetwork },
    responses: { 204: DONE, ...OTHERWISE },
  });
  app.openapi(remove, async (c) => {
    const { name } = c.req.valid('param');
    const refused = await controlled.removeName(c.req.valid('query').network ?? null, name);
    if (refused !== null) throw problemOf(refused);
    changed(`${name} is no name any more`);
    return c.body(null, 204);
  });

  const forget = createRoute({
    method: 'delete',
    path: '/v1/dns/cache',
    tags: ['names'],
    summary: 'Forgets what resolvers have answered, in every network unless one is named',
    request: { query: OfNetwork },
    responses: { 200: json('How many answers there were', Forgotten), ...OTHERWISE },
  });
  app.openapi(forget, async (c) => {
    const done = await controlled.forgetAnswers(c.req.valid('query').network ?? null);
    if (isRefused(done)) throw problemOf(done);
    changed(`${done.forgotten} answers of resolvers are forgotten`);
    return c.json(done, 200);
  });
}
