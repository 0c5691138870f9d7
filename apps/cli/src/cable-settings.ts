// Which cables there are: what the options say together, the files they name read, and nothing of them without effect.
import { BIG_2, type Framing } from '@reslirp/link';
import { formatPlace, isLoopback, type Place } from '@reslirp/transport-stream/place';
import { DEFAULT_MAX_GUESTS, type Way } from './options/cables.ts';
import type { Choices } from './options.ts';
import { textOf, tokenOf } from './token.ts';
import { UsageError } from './usage-error.ts';

export interface CableSettings {
  /** One at least. */
  readonly ways: readonly Way[];
  readonly framing: Framing;
  readonly token: string | null;
  /** PEM, for guests that come. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** For where we go. `ca`: PEM. */
  readonly dialTls: { readonly ca?: string } | null;
  /** Pages that may come; null: those of this machine. */
  readonly origins: readonly string[] | null;
  readonly reconnect: boolean;
  readonly maxGuests: number;
  /** How long a network waits for its guest to come back, milliseconds; 0: it ends with the cable. */
  readonly keep: number;
  /** Null: each guest has a network of its own. */
  readonly shared: { readonly isolated: boolean } | null;
}

/** Null: the cable is standard input and output. Throws a UsageError when the choices do not go together. */
export function cableSettings(choices: Choices): CableSettings | null {
  const { ways = [] } = choices;
  refuseIdle(choices, ways);
  refuseSeveral(ways);
  if (ways.length === 0) return null;
  const token = choices.tokenFile === undefined ? null : tokenOf('--token-file', choices.tokenFile);
  for (const way of ways) refuseOpen(way, token !== null);
  return {
    ways,
    framing: choices.framing ?? BIG_2,
    token,
    tls:
      choices.tlsCert === undefined || choices.tlsKey === undefined
        ? null
        : { cert: textOf('--tls-cert', choices.tlsCert), key: textOf('--tls-key', choices.tlsKey) },
    dialTls: choices.tls !== true ? null : choices.tlsCa === undefined ? {} : { ca: textOf('--tls-ca', choices.tlsCa) },
    origins: choices.origins ?? null,
    reconnect: choices.reconnect ?? false,
    maxGuests: choices.maxGuests ?? DEFAULT_MAX_GUESTS,
    keep: (choices.keep ?? 0) * 1_000,
    shared: choices.shared === true ? { isolated: choices.isolated ?? false } : null,
  };
}

/** DSP0222 has one controller at such a cable, and frames from everybody to everybody, which no switch forwards. */
const NO_SIDEBAND = 'is for NC-SI, a cable from one guest to its card, and not through the switch of --shared';
const MANY = 'leads to one network, and each guest that comes has its own: --shared puts them into one';

/** Whether it is we who listen, and guests who come. */
function isDoor(way: Way): boolean {
  return way.kind === 'listen' || way.kind === 'ws' || (way.kind === 'qemu' && way.how === 'listen');
}

/** Whether it is we who go. */
export function isDialled(way: Way): boolean {
  return way.kind === 'reverse' || (way.kind === 'qemu' && way.how === 'connect');
}

/** An option that has nothing to act upon is a mistake. */
function refuseIdle(choices: Choices, ways: readonly Way[]): void {
  const is = (...kinds: Way['kind'][]): boolean => ways.some(({ kind }) => kinds.includes(kind));
  const isOne = choices.shared === true || (ways.length <= 1 && !ways.some(isDoor));
  const rules: readonly (readonly [string, unknown, boolean, string])[] = [
    ['--framing', choices.framing, is('listen', 'reverse'), 'is for --listen and --reverse'],
    ['--token-file', choices.tokenFile, is('listen', 'reverse', 'ws'), 'is for --listen, --ws and --reverse'],
    ['--tls-cert', choices.tlsCert, is('listen', 'ws'), 'is for --listen and --ws'],
    ['--tls-cert', choices.tlsCert, choices.tlsKey !== undefined, 'needs --tls-key'],
    ['--tls-key', choices.tlsKey, choices.tlsCert !== undefined, 'needs --tls-cert'],
    ['--tls', choices.tls, is('reverse'), 'is for --reverse'],
    ['--tls-ca', choices.tlsCa, choices.tls === true, 'needs --tls'],
    ['--origin', choices.origins, is('ws'), 'is for --ws'],
    [
      '--reconnect',
      choices.reconnect,
      ways.some((way) => isDialled(way) || way.kind === 'vde'),
      'is for --reverse, --vde and --qemu connect:',
    ],
    [
      '--keep',
      choices.keep,
      ways.some(isDoor) || (choices.reconnect === true && ways.some(isDialled)),
      'is for guests that can come back: by --listen, --ws, --qemu, or --reconnect',
    ],
    ['--shared', choices.shared, ways.length > 1 || ways.some(isDoor), 'is for guests that come, or for several'],
    ['--isolated', choices.isolated, choices.shared === true, 'is for --shared'],
    ['--mfr-id', choices.manufacturer, choices.shared !== true, NO_SIDEBAND],
    ['--oob-eth-addr', choices.managementMac, choices.shared !== true, NO_SIDEBAND],
    ['--max-guests', choices.maxGuests, ways.some(isDoor), 'is for --listen, --ws and --qemu'],
    [
      '--lease-file',
      choices.leaseFile,
      isOne,
      'is of one network, and each guest that comes has its own: --shared puts them into one',
    ],
    ['--hostfwd', choices.hostForwards, isOne, MANY],
    ['--guestfwd', choices.guestForwards, isOne, MANY],
  ];
  for (const [option, given, useful, complaint] of rules) {
    if (given !== undefined && !useful) throw new UsageError(option, complaint);
  }
}

/** One that is carried by system calls alone has nobody who would put it together with others. */
function refuseSeveral(ways: readonly Way[]): void {
  if (ways.length <= 1 || !ways.some(({ kind }) => kind === 'seqpacket')) return;
  throw new UsageError('--listen', 'seqpacket: is the only cable, if it is one');
}

/** What is beyond this machine may only come in with a token. */
function refuseOpen(way: Way, token: boolean): void {
  if (way.kind === 'vde' || way.kind === 'seqpacket') return;
  const where = formatPlace(way.place);
  if (way.kind === 'qemu' && way.how === 'udp' && way.place.kind === 'unix') {
    throw new UsageError(
      '--qemu',
      `'${where}' is a unix socket, and Node has none for datagrams: QEMU's stream has them`,
    );
  }
  if (isDialled(way) || isLoopback(way.place)) return;
  if (way.kind === 'qemu') {
    throw new UsageError('--qemu', `'${where}' is open to others than this machine, and QEMU has no token to show`);
  }
  if (!token) {
    throw new UsageError(`--${way.kind}`, `'${where}' is open to others than this machine: that needs --token-file`);
  }
}

/** Places where others than this machine come in, and what passes can be read on its way. */
export function inClear({ ways, tls }: CableSettings): readonly Place[] {
  return tls !== null
    ? []
    : ways.flatMap((way) => ('place' in way && isDoor(way) && !isLoopback(way.place) ? [way.place] : []));
}
