// The API to the running program: what was asked for.
import type { Log, Networks } from '@reslirp/runtime';
import { formatPlace, isLoopback, type Place } from '@reslirp/transport-stream/place';
import type { Choices } from './options.ts';
import { tokenOf } from './token.ts';
import { UsageError } from './usage-error.ts';

export interface ApiSettings {
  readonly place: Place;
  readonly token: string | null;
}

/** Null: none. Throws a UsageError when the choices do not go together. */
export function apiSettings({ api: place, apiTokenFile }: Choices): ApiSettings | null {
  if (place === undefined) {
    if (apiTokenFile !== undefined) throw new UsageError('--api-token-file', 'is for --api, and there is none');
    return null;
  }
  if (!isLoopback(place)) {
    throw new UsageError(
      '--api',
      `'${formatPlace(place)}' is open to others than this machine: it is for loopback only`,
    );
  }
  if (place.kind === 'tcp' && apiTokenFile === undefined) {
    const why = 'other users and guests reach it: that needs --api-token-file, or a path instead of a port';
    throw new UsageError('--api', `'${formatPlace(place)}': ${why}`);
  }
  return { place, token: apiTokenFile === undefined ? null : tokenOf('--api-token-file', apiTokenFile) };
}

/** Opens what was asked for. It goes with the process, and keeps none alive. Rejects with an Error of one line. */
export async function openApi(settings: ApiSettings | null, networks: Networks, log: Log): Promise<void> {
  if (settings === null) return;
  // Loaded only here: without it the program starts sooner
  const { open } = await import('./api-door.ts');
  await open(settings, networks, log);
}
