// What stands in paths and queries: text, that may mean a number.
import { isIP } from 'node:net';
import { z } from '@hono/zod-openapi';

/** Of a page. */
const MOST = 1_000;
const USUAL = 100;

type Text<T> = z.ZodType<T, string>;
type Optional<T> = z.ZodType<T | undefined, string | undefined>;
type Query<T extends Record<string, z.ZodType>> = z.ZodObject<T, z.core.$strict>;

function integer(least: number, most: number): Text<number> {
  return z
    .string()
    .regex(/^\d{1,15}$/, { message: 'no number' })
    .transform(Number)
    .refine((n) => n >= least && n <= most, { message: `not from ${least} to ${most}` })
    .openapi({ type: 'integer', minimum: least, maximum: most });
}

const network: Optional<number> = integer(1, 999_999_999_999_999).optional();
const after: Optional<string> = z
  .string()
  .regex(/^\d{1,15}:[ -~]{0,300}$/, { message: 'not the next of a page' })
  .optional()
  .openapi({ description: '`next` of the page before' });
const limit: Optional<number> = integer(1, MOST)
  .optional()
  .openapi({ type: 'integer', minimum: 1, maximum: MOST, default: USUAL, description: 'Of the page' });

export const OfNetwork: Query<{ network: typeof network }> = z.strictObject({ network });
export const Paged: Query<{ after: typeof after; limit: typeof limit }> = z.strictObject({ after, limit });
export const PagedOfNetwork: Query<{ network: typeof network; after: typeof after; limit: typeof limit }> =
  z.strictObject({ network, after, limit });

const protocol: Optional<'tcp' | 'udp' | 'icmp'> = z.enum(['tcp', 'udp', 'icmp']).optional();
const guest: Optional<string> = z
  .string()
  .max(45)
  .refine((text) => isIP(text) !== 0 && !text.includes('%'), { message: 'no IPv4 or IPv6 address' })
  .optional()
  .openapi({ description: 'An address of a guest' });

export const FlowsQuery: Query<{
  network: typeof network;
  after: typeof after;
  limit: typeof limit;
  protocol: typeof protocol;
  guest: typeof guest;
}> = z.strictObject({ network, after, limit, protocol, guest });

export const Numbered: z.ZodObject<{ id: Text<number> }> = z.object({ id: integer(1, 999_999_999_999_999) });
export const FlowNamed: z.ZodObject<{ id: Text<string> }> = z.object({
  id: z.string().max(64).openapi({ example: '1-tcp-12-345' }),
});
/** RFC 1035 2.3.4 has 255 octets at most; what else it has to be, the nameserver says. */
export const Named: z.ZodObject<{ name: Text<string> }> = z.object({
  name: z.string().min(1).max(254).openapi({ example: 'db.example' }),
});

export function paging(query: { after?: string | undefined; limit?: number | undefined }): {
  after: string | null;
  limit: number;
} {
  return { after: query.after ?? null, limit: query.limit ?? USUAL };
}
