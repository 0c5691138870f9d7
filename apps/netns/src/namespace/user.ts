// Which user namespace a process is in.
import { readlinkSync } from 'node:fs';

const OWN = '/proc/self/ns/user';

/** Whether `path` is of another user namespace than ours. Not, when that cannot be known. */
export function isForeign(path: string): boolean {
  try {
    return readlinkSync(path) !== readlinkSync(OWN);
  } catch {
    return false;
  }
}
