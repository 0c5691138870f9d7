// The command line of slirp4netns 1.3.3. Podman and rootlesskit read the help text too: an option that they do not find
// there is not used.
import { parseArgs } from 'node:util';
import { parse4, parse6, parseMac } from '@reslirp/wire/address';
import { Failure } from '../failure.ts';

export const PROGRAM = 'slirp4netns';
/** Whose command line this is. */
export const COMPATIBLE = '1.3.3';

interface Option {
  readonly long: string;
  readonly short?: string;
  /** Name of its value; a switch when there is none. */
  readonly value?: string;
  /** Empty: another spelling, which the help text does not have. */
  readonly help: string;
}

const OPTIONS: readonly Option[] = [
  { long: 'configure', short: 'c', help: 'bring up the interface' },
  { long: 'exit-fd', short: 'e', value: 'FD', help: 'end when the other end of this pipe is closed' },
  { long: 'ready-fd', short: 'r', value: 'FD', help: 'write "1" to it when the network works' },
  { long: 'mtu', short: 'm', value: 'MTU', help: 'largest packet (1500; 68 to 65521)' },
  { long: 'enable-ipv6', short: '6', help: 'IPv6 too: fd00::/64, and the namespace makes its address from that' },
  { long: 'api-socket', short: 'a', value: 'PATH', help: 'listen here for forwards' },
  { long: 'cidr', value: 'CIDR', help: 'network (10.0.2.0/24)' },
  { long: 'disable-host-loopback', help: 'keep the namespace from 127.0.0.1:* of this machine' },
  { long: 'no-host-loopback', help: '' },
  { long: 'netns-type', value: 'TYPE', help: 'what the first argument is: path, pid or tapfd (pid)' },
  { long: 'userns-path', value: 'PATH', help: 'user namespace to enter first' },
  { long: 'enable-sandbox', help: 'see only /etc and /run, read-only, and drop all capabilities but one' },
  { long: 'create-sandbox', help: '' },
  { long: 'enable-seccomp', help: 'deny system calls that a network does not need' },
  { long: 'outbound-addr', value: 'IPv4', help: 'address, or interface, that connections leave from' },
  { long: 'outbound-addr6', value: 'IPv6', help: 'the same for IPv6' },
  { long: 'disable-dns', help: 'no nameserver at +3' },
  { long: 'macaddress', value: 'MAC', help: 'of the TAP (only with -c)' },
  { long: 'target-type', value: 'TYPE', help: 'netns, or bess: a SOCK_SEQPACKET socket at the path (netns)' },
  { long: 'debug', short: 'd', help: 'say more on stderr; twice: even more' },
  { long: 'help', short: 'h', help: 'show this help and exit' },
  { long: 'version', short: 'v', help: 'show the version and exit' },
];

export interface Target {
  readonly type: 'pid' | 'path' | 'tapfd' | 'bess';
  /** A number of a process or a descriptor, or a path. */
  readonly name: string;
}

export interface Choices {
  readonly target: Target;
  readonly tapName: string;
  readonly configure: boolean;
  readonly exitFd: number | null;
  readonly readyFd: number | null;
  readonly mtu: number;
  readonly ipv6: boolean;
  readonly apiSocket: string | null;
  readonly cidr: string;
  readonly hostLoopback: boolean;
  readonly userNamespace: string | null;
  readonly sandbox: boolean;
  readonly seccomp: boolean;
  /** An address, or the name of an interface. */
  readonly outbound4: string | null;
  readonly outbound6: string | null;
  readonly dns: boolean;
  readonly mac: Uint8Array | null;
  /** How often -d was given. */
  readonly debug: number;
}

type Given = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** What was asked for, or a text to be shown instead. Throws a Failure. */
export function parse(args: readonly string[]): Choices | 'help' | 'version' {
  const { values, positionals } = read(args);
  if (values['help'] === true) return 'help';
  if (values['version'] === true) return 'version';
  const text = (name: string): string | null => (typeof values[name] === 'string' ? values[name] : null);
  const is = (...names: string[]): boolean => names.some((name) => values[name] === true);
  const bess = oneOf('target-type', text('target-type') ?? 'netns', ['netns', 'bess']) === 'bess';
  const choices: Choices = {
    target: targetOf(bess, text('netns-type'), positionals),
    tapName: positionals[1] ?? 'tap0',
    configure: is('configure'),
    exitFd: descriptor('exit-fd', text('exit-fd')),
    readyFd: descriptor('ready-fd', text('ready-fd')),
    mtu: number('mtu', text('mtu') ?? '1500', 68, 65_521),
    ipv6: is('enable-ipv6'),
    apiSocket: text('api-socket'),
    cidr: text('cidr') ?? '10.0.2.0/24',
    hostLoopback: !is('disable-host-loopback', 'no-host-loopback'),
    userNamespace: text('userns-path'),
    sandbox: is('enable-sandbox', 'create-sandbox'),
    seccomp: is('enable-seccomp'),
    outbound4: text('outbound-addr'),
    outbound6: text('outbound-addr6'),
    dns: !is('disable-dns'),
    mac: macOf(text('macaddress')),
    debug: Array.isArray(values['debug']) ? values['debug'].length : 0,
  };
  checkTogether(choices, positionals);
  return choices;
}

function read(args: readonly string[]): { values: Given; positionals: string[] } {
  const options = Object.fromEntries(
    OPTIONS.map(({ long, short, value }) => [
      long,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
        ...(long === 'debug' ? { multiple: true } : {}),
      },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const [complaint] = (error as Error).message.split('. ');
    throw new Failure(`${complaint}; --help lists all options`);
  }
}

function targetOf(bess: boolean, netnsType: string | null, positionals: readonly string[]): Target {
  const [name] = positionals;
  if (name === undefined) throw new Failure(`no PID or PATH: ${PROGRAM} [OPTION]... PID|PATH|FD [TAPNAME]`);
  if (positionals.length > 2) throw new Failure(`'${positionals[2]}': nothing follows the TAP's name; see --help`);
  if (bess) {
    if (netnsType !== null) throw new Failure('--netns-type: not together with --target-type=bess');
    return { type: 'bess', name };
  }
  const type = oneOf('netns-type', netnsType ?? 'pid', ['pid', 'path', 'tapfd'] as const);
  if (type === 'pid') number('PID', name, 1, 2 ** 31 - 1);
  if (type === 'tapfd') number('tapfd', name, 0, 2 ** 31 - 1);
  return { type, name };
}

function checkTogether({ target, configure, mac, userNamespace }: Choices, positionals: readonly string[]): void {
  if (mac !== null && !configure) throw new Failure('--macaddress: only together with --configure');
  if (target.type === 'bess') {
    if (configure) throw new Failure('--configure: not together with --target-type=bess');
    if (userNamespace !== null) throw new Failure('--userns-path: not together with --target-type=bess');
    if (positionals.length > 1) throw new Failure(`'${positionals[1]}': with --target-type=bess there is no TAP`);
  }
  if (target.type === 'tapfd' && configure) throw new Failure('--configure: not together with --netns-type=tapfd');
}

function oneOf<T extends string>(option: string, value: string, accepted: readonly T[]): T {
  const found = accepted.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Failure(`--${option}: '${value}' is not one of ${accepted.join(', ')}`);
}

function number(what: string, text: string, least: number, most: number): number {
  const n = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (n >= least && n <= most) return n;
  throw new Failure(`${what}: '${text}' is not a whole number from ${least} to ${most}`);
}

function descriptor(option: string, text: string | null): number | null {
  return text === null ? null : number(`--${option}`, text, 0, 2 ** 31 - 1);
}

function macOf(text: string | null): Uint8Array | null {
  if (text === null) return null;
  const mac = new Uint8Array(6);
  if (parseMac(text, mac, 0) && (mac[0]! & 1) === 0) return mac;
  throw new Failure(`--macaddress: '${text}' is not the address of an interface, such as 0e:d4:18:d9:38:fb`);
}

/** Whether `text` is an address of the family; otherwise it is the name of an interface. */
export function isAddress(text: string, family: 4 | 6): boolean {
  return family === 4 ? parse4(text) !== null : parse6(text, new Uint8Array(16), 0);
}

export function helpText(): string {
  const shown = OPTIONS.filter(({ help }) => help !== '');
  const left = ({ short, long, value }: Option): string =>
    `${short === undefined ? '    ' : `-${short}, `}--${long}${value === undefined ? '' : `=${value}`}`;
  const width = Math.max(...shown.map((option) => left(option).length));
  const lines = shown.map((option) => `  ${left(option).padEnd(width)}  ${option.help}`);
  return `Usage: ${PROGRAM} [OPTION]... PID|PATH|FD [TAPNAME]

A network for a network namespace that has no other, without privileges: a TAP inside, sockets of this
process outside. Takes the command line of ${PROGRAM} ${COMPATIBLE}.

${lines.join('\n')}

TAPNAME is tap0 unless given. Addresses are counted from the network's: +2 gateway (this machine),
+3 nameserver, +15 first address by DHCP, +100 the interface that -c sets up.
`;
}
