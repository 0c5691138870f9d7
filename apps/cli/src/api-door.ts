// The API to the running program, open.
import { openApi } from '@reslirp/control';
import type { Log, Networks } from '@reslirp/runtime';
import { formatPlace } from '@reslirp/transport-stream/place';
import type { ApiSettings } from './api.ts';
import { version } from './version.ts';

/** As openApi() of api.ts. */
export async function open({ place, token }: ApiSettings, networks: Networks, log: Log): Promise<void> {
  const api = await openApi({
    place,
    controlled: networks,
    program: { name: 'reslirp', version: version() },
    ...(token === null ? {} : { token }),
    changed: (what) => log.info(`API: ${what}`),
    failed: (error) => log.error(`API: ${(error.stack ?? error.message).replace(/\n\s*/g, ' ')}`),
  }).catch((error: Error) => {
    throw new Error(`--api: ${error.message}`);
  });
  process.once('exit', () => api.close());
  log.info(`--api: clients come to ${formatPlace(api.place)}`);
}
