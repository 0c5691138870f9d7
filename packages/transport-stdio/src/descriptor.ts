// What may be a cable.
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';

export const WANTED = 'the cable of a guest belongs there';

/** Throws, in one line, for a descriptor that is closed or a terminal. `role`: what it is for. */
export function check(fd: number, role: string): void {
  if (isatty(fd)) throw new Error(`${role} is a terminal: ${WANTED}`);
  try {
    fstatSync(fd);
  } catch {
    throw new Error(`${role} is closed: ${WANTED}`);
  }
}
