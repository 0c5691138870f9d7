import { createRoute } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { Version } from '../schemas.ts';
import { json, type Options, OTHERWISE } from './route.ts';

/** GET /v1/version: also whether anybody is there. */
export function systemRoutes(app: App, { program }: Options): void {
  const route = createRoute({
    method: 'get',
    path: '/v1/version',
    summary: 'The program, and the version of this API',
    responses: { 200: json('They are', Version), ...OTHERWISE },
  });
  app.openapi(route, (c) => c.json({ ...program, api: 1 } as const, 200));
}
