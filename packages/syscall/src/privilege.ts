// What a thread gives up for good: capabilities(7), PR_SET_NO_NEW_PRIVS of prctl(2), landlock(7).
//
// Each is of the calling thread, and of the threads and programs that it starts afterwards: for a whole process, call them
// and then exec.
import { Prctl } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';

/** _LINUX_CAPABILITY_VERSION_3: two sets of three words. */
const CAPABILITIES_3 = 0x2008_0522;
const AMBIENT_CLEAR = 4;
/** Numbers of capabilities end long before it. */
const MOST_CAPABILITIES = 64;

const RULESET = 444;
const RESTRICT = 446;
const RULESET_VERSION = 1;
/** Rights of landlock that change something, by the version of its interface that brought them. */
const WRITING: readonly number[] = [0b1_1111_1111_0010, 0b10_0000_0000_0000, 0b100_0000_0000_0000];

/** Keeps no capability but `keep` (of Capability), here and in what is executed. 0, or minus an error. */
export function limitCapabilities(keep: number): number {
  const ambient = libc.prctl(Prctl.CAP_AMBIENT, AMBIENT_CLEAR);
  if (ambient < 0) return ambient;
  for (let c = 0; c < MOST_CAPABILITIES; c++) {
    const result = c === keep ? 0 : libc.prctl(Prctl.CAPBSET_DROP, c);
    if (result === -Errno.EINVAL) break;
    if (result < 0) return result;
  }
  const header = new Region(8);
  header.view.setUint32(0, CAPABILITIES_3, true);
  const sets = new Region(24);
  for (let at = 0; at < 12; at += 4) sets.view.setUint32(at, 2 ** keep, true); // effective, permitted, inheritable
  return libc.capset(header.address, sets.address);
}

/** No program that is executed gains anything by it: set-user-ID bits and file capabilities are ignored. 0, or minus an error. */
export function noNewPrivileges(): number {
  return libc.prctl(Prctl.SET_NO_NEW_PRIVS, 1);
}

/**
 * No file is opened for writing, made, moved or removed any more, whoever asks; what is open stays. Needs noNewPrivileges().
 * 0, or minus an error: ENOSYS and EOPNOTSUPP when the kernel has no Landlock.
 */
export function forbidWriting(): number {
  const version = libc.systemCall(RULESET, 0, 0, RULESET_VERSION);
  if (version < 0) return version;
  const rights = WRITING.slice(0, version).reduce((all, some) => all | some, 0);
  const attribute = new Region(8);
  attribute.view.setUint32(0, rights, true);
  const ruleset = libc.systemCall(RULESET, attribute.address, 8, 0);
  if (ruleset < 0) return ruleset;
  const result = libc.systemCall(RESTRICT, ruleset, 0, 0);
  libc.close(ruleset);
  return result;
}
