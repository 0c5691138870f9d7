// A file whose first line is a secret.
import { readFileSync } from 'node:fs';
import { UsageError } from './usage-error.ts';

/** As long as a guest's patience; long enough not to be guessed. */
const TOKEN = /^[\x21-\x7e]{8,256}$/;

/** Throws a UsageError about `option`. */
export function tokenOf(option: string, path: string): string {
  const [first = ''] = textOf(option, path).split(/\r?\n/, 1);
  if (TOKEN.test(first)) return first;
  throw new UsageError(option, `the first line of '${path}' is not 8 to 256 letters, digits and signs, without spaces`);
}

export function textOf(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(option, `'${path}' cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}
