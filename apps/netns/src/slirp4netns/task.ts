// All that is left to do when the interface exists: what the program with its privileges hands to the one without.
import type { Cable, NetworkSettings } from '@reslirp/runtime/plane';

export interface Task {
  readonly settings: NetworkSettings;
  readonly cable: Cable;
  /** Where forwards go that name no guest, IPv4. */
  readonly guest: string;
  /** A listening socket, and its path. */
  readonly api: { readonly fd: number; readonly path: string } | null;
  readonly readyFd: number | null;
  readonly exitFd: number | null;
  /** Whether system calls are to be filtered. */
  readonly seccomp: boolean;
  /** For takeAway(): the old root is to go. */
  readonly oldRoot: number | null;
}

/** Descriptors that must survive an exec. */
export function descriptorsOf({ cable, api, readyFd, exitFd, oldRoot }: Task): number[] {
  const tap = cable.kind === 'tap' ? cable.fd : null;
  return [tap, api?.fd ?? null, readyFd, exitFd, oldRoot].filter((fd) => fd !== null);
}
