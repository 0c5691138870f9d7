// What the program asks of the process in the new namespaces.
export interface Order {
  readonly tap: string;
  /** Whole frames only, for who carries them elsewhere. */
  readonly plain: boolean;
  readonly mtu: number;
  /** IPv4, as text. */
  readonly address: string;
  readonly prefix: number;
  /** Null: nothing outside is reached. */
  readonly gateway: string | null;
  /** Null: no IPv6. */
  readonly v6: { readonly address: string; readonly prefix: number; readonly gateway: string | null } | null;
  /** Text of a resolv.conf(5); null: as it is. */
  readonly resolvConf: string | null;
  readonly command: readonly string[];
}

/** Where that process finds the channel for the TAP. */
export const CHANNEL = 3;
/** Exit codes of shells: the command cannot be run, or is not found. */
export const CANNOT_RUN = 126;
export const NOT_FOUND = 127;
/** And of env(1) and its like: the failure is our own. */
export const OWN_FAILURE = 125;
