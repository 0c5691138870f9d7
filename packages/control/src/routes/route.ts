// What routes have in common.
import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppOptions } from '../app.ts';
import { Problem } from '../schemas.ts';

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

export type Options = Pick<AppOptions, 'controlled' | 'program' | 'changed'>;

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
  default: { description: 'What is wrong', content: { 'application/problem+json': { schema: Problem } } },
};
export const DONE: { readonly description: string } = { description: 'Done' };
