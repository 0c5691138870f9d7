import { ConfigError } from '@reslirp/stack';

/** An integer of [least, most], or `otherwise` when it is not given. Throws ConfigError. */
export function integer(
  field: string,
  value: number | undefined,
  otherwise: number,
  least: number,
  most: number,
): number {
  const n = value ?? otherwise;
  if (!Number.isInteger(n) || n < least || n > most) {
    throw new ConfigError(field, `${n} is not a whole number from ${least} to ${most}`);
  }
  return n;
}
