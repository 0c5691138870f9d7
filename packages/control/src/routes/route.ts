// What routes have in common.
import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { AppOptions } from '../app.ts';
import { Problem } from '../problem.ts';
import type { Requests } from '../requests.ts';
import { Problem as ProblemShape } from '../schemas.ts';

/** The document's head. */
export const DESCRIPTION: Parameters<OpenAPIHono['getOpenAPI31Document']>[0] = {
  openapi: '3.1.0',
  info: { title: '', version: '1' },
  tags: [
    { name: 'networks', description: 'Virtual networks, and who is in them' },
    { name: 'forwards', description: 'Ports that lead into a network, and out of it' },
    { name: 'names', description: 'The nameserver of a network, and leases of DHCP' },
    { name: 'flows', description: 'Connections, and what is like them' },
    { name: 'counters', description: 'What has happened' },
  ],
  security: [{ token: [] }, {}],
};

export interface Options extends Pick<AppOptions, 'controlled' | 'program' | 'changed'> {
  readonly requests: Requests;
}

/** Of routes with a body, before it is read. Throws a Problem: RFC 9110 15.5.16. */
export const onlyJson: MiddlewareHandler = async (c, next) => {
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
    throw new Problem(415, 'the body has to be JSON: Content-Type: application/json');
  await next();
};

type Answer<T extends z.ZodType> = {
  readonly description: string;
  readonly content: { readonly 'application/json': { readonly schema: T } };
};
type Other = {
  readonly description: string;
  readonly content: { readonly 'application/problem+json': { readonly schema: z.ZodType } };
};

export function json<T extends z.ZodType>(description: string, schema: T): Answer<T> {
  return { description, content: { 'application/json': { schema } } };
}

/** What every route may answer. */
export const OTHERWISE: { readonly default: Other } = {
  default: { description: 'What is wrong', content: { 'application/problem+json': { schema: ProblemShape } } },
};
export const DONE: { readonly description: string } = { description: 'Done' };
