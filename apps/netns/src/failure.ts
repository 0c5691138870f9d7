// The end of a program that cannot do what it was asked to: one line, and exit code 1.

/** What failed, and what to do about it, in one line. */
export class Failure extends Error {
  override name = 'Failure';
}

/**
 * For the program's last line of defence: says why, on stderr, and ends once `ready` has resolved: a thread that is loading
 * native code must not be interrupted, or the whole process crashes.
 */
export async function fail(program: string, error: unknown, ready: Promise<void> = Promise.resolve()): Promise<never> {
  process.stderr.write(`${program}: ${error instanceof Error ? error.message : String(error)}\n`);
  await ready;
  process.exit(1);
}
