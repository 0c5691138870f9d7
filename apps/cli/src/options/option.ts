// One option of the table, and the ways in which most of them take what was given.
import type { Choices } from '../options.ts';
import type { Kind } from '../values.ts';

export interface Option {
  readonly group:
    | 'Network'
    | 'DHCP'
    | 'Boot'
    | 'DNS'
    | 'Forwards'
    | 'Flows'
    | 'Policy'
    | 'Cables'
    | 'NC-SI'
    | 'Captures'
    | 'Control'
    | 'Tunnel'
    | 'Messages';
  readonly short?: string;
  /** With hyphens; underscores are understood as well. */
  readonly long: string;
  /** Stands for its value in the help. Absent: a flag. */
  readonly value?: string;
  /** The value, a number, may be left out: take() is given ''. */
  readonly optional?: boolean;
  /** Ends the sentence "'x' is not …". */
  readonly accepts?: string;
  readonly help: string;
  /** As one would type it. */
  readonly default?: string;
  /** Puts what was given into `choices`; false when `text` is not what the option accepts. */
  take(choices: Choices, text: string): boolean;
}

type Given<K extends keyof Choices> = NonNullable<Choices[K]>;
type Fields<T> = { [K in keyof Choices]-?: Given<K> extends T ? K : never }[keyof Choices];
type Item<K extends keyof Choices> = Given<K> extends readonly (infer T)[] ? T : never;

/** The value is the choice; when it is given again, the last one counts. */
export function into<K extends keyof Choices>(field: K, kind: Kind<Given<K>>): Pick<Option, 'accepts' | 'take'> {
  return {
    accepts: kind.accepts,
    take(choices, text) {
      const value = kind.read(text);
      if (value === null) return false;
      choices[field] = value;
      return true;
    },
  };
}

/** The value is one more of the choice's. */
export function append<K extends Fields<readonly unknown[]>>(
  field: K,
  { accepts, read }: Kind<Item<K>>,
): Pick<Option, 'accepts' | 'take'> {
  const asList = (text: string): readonly Item<K>[] | null => {
    const value = read(text);
    return value === null ? null : [value];
  };
  return appendAll(field, { accepts, read: asList });
}

/** The values are more of the choice's. */
export function appendAll<K extends Fields<readonly unknown[]>>(
  field: K,
  kind: Kind<readonly Item<K>[]>,
): Pick<Option, 'accepts' | 'take'> {
  return {
    accepts: kind.accepts,
    take(choices, text) {
      const values = kind.read(text);
      if (values === null) return false;
      choices[field] = [
        ...((choices[field] ?? []) as readonly Item<K>[]),
        ...values,
      ] as readonly Item<K>[] as Choices[K];
      return true;
    },
  };
}

export function flag<K extends Fields<boolean>>(field: K, value: boolean = true): Pick<Option, 'take'> {
  return {
    take(choices) {
      choices[field] = value as Given<K>;
      return true;
    },
  };
}
