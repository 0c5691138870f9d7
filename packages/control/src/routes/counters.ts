import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { Metrics } from '../metrics.ts';
import { OfNetwork } from '../parameters.ts';
import { Counters } from '../schemas.ts';
import { json, type Options, OTHERWISE } from './route.ts';

/** GET /v1/counters, /metrics */
export function counterRoutes(app: App, { controlled, program, requests }: Options): void {
  const counters = createRoute({
    method: 'get',
    path: '/v1/counters',
    tags: ['counters'],
    summary: 'What has happened, and what there is, in all networks together or in one',
    request: { query: OfNetwork },
    responses: { 200: json('By part', Counters), ...OTHERWISE },
  });
  app.openapi(counters, async (c) => c.json(await controlled.totals(c.req.valid('query').network ?? null), 200));

  const all = new Metrics(controlled, program, requests);
  const text = { schema: z.string() };
  const metrics = createRoute({
    method: 'get',
    path: '/metrics',
    tags: ['counters'],
    summary: 'The same for Prometheus, in its text format 0.0.4',
    responses: { 200: { description: 'Metrics', content: { 'text/plain': text } }, ...OTHERWISE },
  });
  app.openapi(metrics, async (c) => c.text(await all.text(), 200, { 'content-type': Metrics.TYPE }));
}
