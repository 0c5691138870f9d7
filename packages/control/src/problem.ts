// What is wrong, as RFC 9457 says it: 'about:blank' for a type, for the status is all that a program needs to know.
import { STATUS_CODES } from 'node:http';
import type { Refused } from './controlled.ts';

/** What is wrong with one field of what was sent. */
export interface Fault {
  /** Where, as in 'guest.port'. */
  readonly field: string;
  readonly detail: string;
}

/** Thrown by whatever answers a request, and answered. */
export class Problem extends Error {
  readonly status: number;
  readonly faults: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail: string,
    { faults = [], headers = {} }: { faults?: readonly Fault[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.status = status;
    this.faults = faults;
    this.headers = headers;
  }

  response(): Response {
    const { status, message: detail, faults } = this;
    const body = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
    return new Response(`${JSON.stringify(faults.length === 0 ? body : { ...body, faults })}\n`, {
      status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...this.headers },
    });
  }
}

const STATUS: Readonly<Record<Refused['refused'], number>> = { unknown: 404, conflict: 409, invalid: 422, failed: 500 };

export function problemOf({ refused, why }: Refused): Problem {
  return new Problem(STATUS[refused], why);
}
