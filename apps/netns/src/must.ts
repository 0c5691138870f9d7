// System calls that have to succeed.
import { errorName } from '@reslirp/syscall';
import { Failure } from './failure.ts';

/** Throws a Failure for a result below 0. `advice`: by the error's name. */
export function must(what: string, result: number, advice: Readonly<Record<string, string>> = {}): number {
  if (result >= 0) return result;
  const name = errorName(result);
  const hint = advice[name];
  throw new Failure(`${what}: ${name}${hint === undefined ? '' : ` (${hint})`}`);
}
