// Who may ask. On a unix socket the file's mode has said so; on loopback anybody's program can come, and guests too, for whom the
// gateway is this machine: those have to know a token. Pages of a browser are nobody's, wherever they come from.
import { isLoopback, type Place, parsePlace, sameToken } from '@reslirp/transport-stream';
import { Problem } from './problem.ts';

export interface Admission {
  readonly place: Place;
  /** Null: on a unix socket none is asked for. */
  readonly token: string | null;
}

/** Throws a Problem for a request that is not let in. `header`: its value, or undefined. */
export function admit({ place, token }: Admission, header: (name: string) => string | undefined): void {
  if (header('origin') !== undefined) throw new Problem(403, 'pages of a browser are not let in');
  // A name that its owner points here makes a page of his ours (DNS rebinding): so this machine's own names only
  if (place.kind === 'tcp' && !isOurs(header('host') ?? '')) {
    throw new Problem(403, 'the Host header has to be localhost, or an address of loopback');
  }
  if (token === null) return;
  const given = /^Bearer +(\S+)$/i.exec(header('authorization') ?? '')?.[1];
  if (given !== undefined && sameToken(given, token)) return;
  const detail = given === undefined ? 'a token is needed: Authorization: Bearer …' : 'the token is wrong';
  throw new Problem(401, detail, { headers: { 'www-authenticate': 'Bearer' } });
}

/** With or without a port. */
function isOurs(host: string): boolean {
  const place = parsePlace(host.toLowerCase()) ?? parsePlace(`${host.toLowerCase()}:1`);
  return place !== null && place.kind === 'tcp' && /[^\d]/.test(host) && isLoopback(place);
}

/** Requests in a second, and at once: so that whoever asks without end leaves the processor to packets. */
export const RATE = { perSecond: 500, burst: 1_000 } as const;

/** A token bucket. */
export class Rate {
  #left: number = RATE.burst;
  #at: number = performance.now();

  /** Throws a Problem for one too many. */
  take(): void {
    const now = performance.now();
    this.#left = Math.min(RATE.burst, this.#left + ((now - this.#at) / 1_000) * RATE.perSecond);
    this.#at = now;
    if (this.#left < 1) throw new Problem(429, 'too many requests', { headers: { 'retry-after': '1' } });
    this.#left--;
  }
}
