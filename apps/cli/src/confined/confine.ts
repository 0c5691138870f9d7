// `reslirp run -- COMMAND`: a command in a network namespace of its own, whose only way out is this process.
//
// unshare(1) makes the namespaces, for a process with threads cannot; inside, a short program of ours sets up the TAP, sends
// it out here, and becomes the command. Everything inside ends with the command, or with this process.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Log, Networks, Plane } from '@reslirp/runtime/plane';
import { Endpoint } from '@reslirp/stack/endpoint';
import { channel, libc, notify, receiveDescriptor } from '@reslirp/syscall';
import { openApi } from '../api.ts';
import { establish } from '../forwards.ts';
import type { Settings } from '../settings.ts';
import { CHANNEL, type Order, OWN_FAILURE } from './order.ts';

const TAP = 'tap0';
const INSIDE = fileURLToPath(new URL('./inside.js', import.meta.url));
/** A user becomes root of namespaces of his own; root needs none for that. */
const NAMESPACES = ['--net', '--mount', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])];
const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/** Who makes a network of the namespace's TAP. */
export interface TapCarrier {
  /** The descriptor is its own. Resolves when the network is there; rejects, in one line. `broken`: it is no more. */
  carry(fd: number, broken: (error: string) => void): Promise<void>;
  /** Resolves when it may be ended at any time. */
  readonly ready: Promise<void>;
  close(): void | Promise<void>;
}

/** Runs `command` in a network of its own. Resolves to its exit status, as a shell has it. */
export function confine(settings: Settings, command: readonly string[], log: Log): Promise<number> {
  return inNamespaces(orderOf(command, settings), planeCarrier(settings, log), log); // it starts while the namespaces are made
}

/** Runs a command in namespaces of its own, behind whatever network `carrier` makes. */
export async function inNamespaces(order: Order, carrier: TapCarrier, log: Log): Promise<number> {
  const ends = channel();
  if (ends === null) throw new Error('no descriptors left');
  const [ours, theirs] = ends;
  const child = start(order, theirs);
  const ended = status(child, log);
  libc.close(theirs);
  const fd = child.pid === undefined ? -1 : receiveDescriptor(ours);
  if (fd < 0) {
    await carrier.ready; // a thread that is loading native code must not be interrupted
    return (await ended) || OWN_FAILURE; // whoever failed has said why
  }
  let done = false;
  let failed = false;
  const fail = (error: string): void => {
    if (done || failed) return;
    failed = true;
    log.error(error);
    child.kill('SIGKILL');
  };
  carrier.carry(fd, fail).then(
    () => {
      notify(ours); // in vain when it died meanwhile
      libc.close(ours);
    },
    (error) => fail((error as Error).message),
  );
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {}); // a terminal sends it to the command as well, which may have other plans
  const code = await ended;
  done = true;
  await carrier.close();
  return failed ? OWN_FAILURE : code;
}

function planeCarrier(settings: Settings, log: Log): TapCarrier {
  const plane = new Plane(settings, log);
  const networks = new Networks(settings, settings);
  return {
    ready: plane.loaded,
    close: () => plane.close(),
    carry: (fd, broken) =>
      new Promise((resolve, reject) => {
        const onServing = (): void => {
          const guests = [{ id: 1, name: TAP, since: new Date(), port: null }];
          const { forwards } = networks.begin(plane, () => guests);
          establish(settings, forwards, log)
            .then((release) => {
              process.once('exit', release);
              return openApi(settings.api, networks, log);
            })
            .then(resolve, reject);
        };
        const onEnd = (error: string | null): void => {
          if (error !== null) broken(error);
        };
        plane.serve({ kind: 'tap', fd, name: TAP }, { onServing, onEnd });
      }),
  };
}

function start(order: Order, theirs: number): ChildProcess {
  const args = [...NAMESPACES, '--', process.execPath, INSIDE, JSON.stringify(order)];
  const stdio: ('inherit' | number)[] = ['inherit', 'inherit', 'inherit'];
  stdio[CHANNEL] = theirs;
  return spawn('unshare', args, { stdio });
}

/** The guest of a network that `settings` describe. */
export function orderOf(command: readonly string[], { network, guest, dns, dhcp }: Settings): Order {
  const search = dhcp?.search ?? [];
  const nameserver = network.ipv4 === false ? offset(network, 3, network.nameserver6) : network.nameserver;
  const lines = [`nameserver ${nameserver}`, ...(search.length > 0 ? [`search ${search.join(' ')}`] : [])];
  return {
    tap: TAP,
    plain: false,
    mtu: network.mtu,
    address: guest,
    prefix: Number(network.network.split('/')[1]),
    gateway: network.restricted ? null : network.gateway,
    v6: order6(network),
    resolvConf: dns ? `${lines.join('\n')}\n` : null,
    command,
  };
}

/** The guest is the prefix + 0x15 of IPv6: there is no DHCP to agree with. */
const GUEST6 = 0x15;

function order6(network: Settings['network']): Order['v6'] {
  const { network6, gateway6, restricted } = network;
  if (network6 === undefined) return null;
  const prefix = Number(network6.split('/')[1]);
  return { address: offset(network, GUEST6), prefix, gateway: restricted ? null : offset(network, 2, gateway6) };
}

/** The address `by` behind the IPv6 prefix, unless another one was `given`. */
function offset({ network6 = '' }: Settings['network'], by: number, given?: string): string {
  if (given !== undefined) return given;
  const e = Endpoint.parse(network6.split('/')[0]!)!;
  e.w3 += by;
  return e.address();
}

/** 128 and the number of the signal, when it was one. */
function status(child: ChildProcess, log: Log): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      log.error(error.code === 'ENOENT' ? 'unshare: not found; it is part of util-linux' : error.message);
      resolve(OWN_FAILURE);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}
