// Another file in the place of /etc/resolv.conf, for this mount namespace and until it is unmounted.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libc, Mount } from '@reslirp/syscall';
import { must } from './interface.ts';

export const RESOLV_CONF = '/etc/resolv.conf';

/** Throws, in one line. */
export function replaceResolvConf(text: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-'));
  try {
    const file = join(directory, 'resolv.conf');
    writeFileSync(file, text, { mode: 0o644 });
    must(`mount on ${RESOLV_CONF}`, libc.mount(file, RESOLV_CONF, null, Mount.BIND, null));
  } finally {
    rmSync(directory, { recursive: true }); // what is mounted stays
  }
}
