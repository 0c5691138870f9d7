import { createRoute } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { FlowNamed, FlowsQuery, paging } from '../parameters.ts';
import { problemOf } from '../problem.ts';
import { Flows } from '../schemas.ts';
import { DONE, json, type Options, OTHERWISE } from './route.ts';

/** /v1/flows: GET, and DELETE of one. */
export function flowRoutes(app: App, { controlled, changed }: Options): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/flows',
    tags: ['flows'],
    summary: 'Connections of TCP, ports of UDP, identifiers of ICMP echo',
    request: { query: FlowsQuery },
    responses: { 200: json('A page of them', Flows), ...OTHERWISE },
  });
  app.openapi(list, async (c) => {
    const query = c.req.valid('query');
    const { network = null, protocol = null, guest = null } = query;
    return c.json(await controlled.flows({ network, protocol, guest }, paging(query)), 200);
  });

  const end = createRoute({
    method: 'delete',
    path: '/v1/flows/{id}',
    tags: ['flows'],
    summary: 'Ends a flow: TCP is reset toward both sides, of UDP and ICMP the socket goes',
    request: { params: FlowNamed },
    responses: { 204: DONE, ...OTHERWISE },
  });
  app.openapi(end, async (c) => {
    const { id } = c.req.valid('param');
    const refused = await controlled.endFlow(id);
    if (refused !== null) throw problemOf(refused);
    changed(`flow ${id} is ended`);
    return c.body(null, 204);
  });
}
