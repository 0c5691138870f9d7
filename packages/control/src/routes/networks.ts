import { createRoute } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { Paged, PagedOfNetwork, paging } from '../parameters.ts';
import { Guests, Leases, Networks } from '../schemas.ts';
import { json, type Options, OTHERWISE } from './route.ts';

/** GET /v1/networks, /v1/guests, /v1/leases */
export function networkRoutes(app: App, { controlled }: Options): void {
  const networks = createRoute({
    method: 'get',
    path: '/v1/networks',
    tags: ['networks'],
    summary: 'Every network there is',
    request: { query: Paged },
    responses: { 200: json('A page of them', Networks), ...OTHERWISE },
  });
  app.openapi(networks, async (c) => c.json(await controlled.networks(paging(c.req.valid('query'))), 200));

  const guests = createRoute({
    method: 'get',
    path: '/v1/guests',
    tags: ['networks'],
    summary: 'Every guest that is there',
    request: { query: PagedOfNetwork },
    responses: { 200: json('A page of them', Guests), ...OTHERWISE },
  });
  app.openapi(guests, async (c) => {
    const query = c.req.valid('query');
    return c.json(await controlled.guests(query.network ?? null, paging(query)), 200);
  });

  const leases = createRoute({
    method: 'get',
    path: '/v1/leases',
    tags: ['names'],
    summary: 'Leases of DHCP and DHCPv6, those that are over included',
    request: { query: PagedOfNetwork },
    responses: { 200: json('A page of them', Leases), ...OTHERWISE },
  });
  app.openapi(leases, async (c) => {
    const query = c.req.valid('query');
    return c.json(await controlled.leases(query.network ?? null, paging(query)), 200);
  });
}
