// Who may come in over HTTP, before anything is a WebSocket.
import type { IncomingMessage } from 'node:http';
import { isLoopback, sameToken } from '@reslirp/transport-stream';

export interface Admission {
  /** As `?token=` of the address, for browsers, or as `Authorization: Bearer`. Absent: nobody is asked. */
  readonly token?: string;
  /** Pages that may connect, as 'https://example.org'; ['*'] for all. Absent: those of this machine. */
  readonly origins?: readonly string[];
}

/** An answer of HTTP, and its reason in words. */
export interface Refusal {
  readonly status: number;
  readonly why: string;
}

/**
 * Null: let it in. A page anywhere can make its reader's browser connect to this machine, and the guest behind it would reach
 * what this machine reaches: so pages are asked where they are from (RFC 6455 10.2). Programs have no origin.
 */
export function refusal(request: IncomingMessage, { token, origins }: Admission): Refusal | null {
  const { origin } = request.headers;
  if (origin !== undefined && !isAllowed(origin, origins)) {
    return { status: 403, why: `a page of ${origin.slice(0, 100)} (see --origin)` };
  }
  if (token === undefined) return null;
  const given = tokenOf(request);
  if (given === null) return { status: 401, why: 'no token' };
  return sameToken(given, token) ? null : { status: 401, why: 'a wrong token' };
}

function isAllowed(origin: string, origins: readonly string[] | undefined): boolean {
  if (origins !== undefined) return origins.includes('*') || origins.includes(origin);
  if (!URL.canParse(origin)) return false; // 'null', of a file or a sandbox
  const host = new URL(origin).hostname.replace(/^\[(.*)\]$/, '$1');
  return isLoopback({ kind: 'tcp', host, port: 0 });
}

function tokenOf({ url = '', headers }: IncomingMessage): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  return new URLSearchParams(query).get('token');
}
