/** A configuration that cannot be: thrown before the first packet, by the factory of a service or by its start(). */
export class ConfigError extends Error {
  /** The field, such as 'search[1]' or 'leaseSeconds'. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.name = 'ConfigError';
    this.field = field;
  }
}

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
