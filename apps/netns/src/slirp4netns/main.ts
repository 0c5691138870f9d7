// slirp4netns: arguments, the way into the namespace, and either the network itself or, with --enable-sandbox, a program
// without privileges that carries it.
//
// What only some need is loaded when they need it: whoever waits for --ready-fd waits for all that is loaded before.
import { networkInterfaces } from 'node:os';
import { type Cable, Level, Log, Plane } from '@reslirp/runtime/plane';
import { Failure, fail } from '../failure.ts';
import { isForeign } from '../namespace/user.ts';
import { Forbidden, makeThere } from '../namespace/visit.ts';
import { type Layout, layoutOf, networkSettings } from '../network.ts';
import { version } from '../version.ts';
import { banner } from './banner.ts';
import { type Choices, COMPATIBLE, helpText, isAddress, PROGRAM, parse } from './options.ts';
import type { Task } from './task.ts';

/** The data plane has loaded its code, or there is none. */
let loaded: Promise<void> = Promise.resolve();

main(process.argv.slice(2)).catch((error) => fail(PROGRAM, error, loaded));

async function main(args: readonly string[]): Promise<void> {
  const choices = parse(args);
  if (choices === 'help') process.stdout.write(helpText());
  else if (choices === 'version') process.stdout.write(versionText());
  else await network(choices);
}

async function network(choices: Choices): Promise<void> {
  const layout = layoutOf(choices.cidr);
  const outbound = { address4: sourceOf(choices.outbound4, 4), address6: sourceOf(choices.outbound6, 6) };
  const settings = { ...networkSettings({ ...choices, layout, level: levelOf(choices.debug) }), outbound };
  if (choices.sandbox && process.geteuid?.() !== 0) await becomeRoot(choices);
  const log = new Log(settings.level, process.stderr, PROGRAM);
  const plane = choices.sandbox ? null : new Plane(settings, log); // it starts while the interface is made
  if (plane !== null) loaded = plane.loaded;
  const cable = await cableOf(choices, layout);
  const api = choices.apiSocket === null ? null : { fd: await listening(choices.apiSocket), path: choices.apiSocket };
  process.stdout.write(banner(choices, layout));
  const { readyFd, exitFd, seccomp } = choices;
  const task: Task = { settings, cable, guest: layout.guest, api, readyFd, exitFd, seccomp, oldRoot: null };
  if (plane === null) (await import('./confine.ts')).confine(task);
  else (await import('./serve.ts')).serve(task, plane, log, protect);
}

async function protect(task: Task, log: Log): Promise<void> {
  if (task.seccomp) await (await import('../sandbox/protect.ts')).protect(task, log);
}

/** The guest's end. Rejects with a Failure, or starts the program again in another user namespace. */
async function cableOf(choices: Choices, layout: Layout): Promise<Cable> {
  const { target, tapName } = choices;
  if (target.type === 'tapfd') return { kind: 'tap', fd: Number(target.name), name: tapName };
  if (target.type === 'bess') {
    return { kind: 'packets', fd: (await import('../namespace/socket.ts')).onlyClient(target.name) };
  }
  const path = target.type === 'pid' ? `/proc/${target.name}/ns/net` : target.name;
  const configuration = choices.configure
    ? { mtu: choices.mtu, address: layout.guest, prefix: layout.prefix, gateway: layout.gateway, mac: choices.mac }
    : null;
  try {
    const { fd, name } = await makeThere({ to: { path }, interface: { name: tapName, configuration } });
    return { kind: 'tap', fd, name };
  } catch (error) {
    if (error instanceof Forbidden) await becomeRoot(choices);
    throw error;
  }
}

/** In the guest's user namespace, where a user is root. Returns when there is none, or when this is it. */
async function becomeRoot({ target, userNamespace, exitFd, readyFd }: Choices): Promise<void> {
  const path = userNamespace ?? (target.type === 'pid' ? `/proc/${target.name}/ns/user` : null);
  if (path === null || !isForeign(path)) return;
  const kept = [exitFd, readyFd, target.type === 'tapfd' ? Number(target.name) : null].filter((fd) => fd !== null);
  (await import('../namespace/restart.ts')).restartIn(path, kept);
}

async function listening(path: string): Promise<number> {
  return (await import('../namespace/socket.ts')).listenAt(path);
}

/** Null: the system's choice. Throws a Failure. */
function sourceOf(given: string | null, family: 4 | 6): string | null {
  if (given === null || isAddress(given, family)) return given;
  const found = networkInterfaces()[given]?.find((address) => address.family === `IPv${family}`);
  if (found !== undefined) return found.address;
  const option = family === 4 ? '--outbound-addr' : '--outbound-addr6';
  throw new Failure(`${option}: '${given}' is neither an IPv${family} address nor an interface that has one`);
}

function levelOf(debug: number): Level {
  return [Level.WARN, Level.DEBUG][debug] ?? Level.TRACE;
}

/** Scripts look for the first line, and some for the last. */
function versionText(): string {
  return `${PROGRAM} version ${COMPATIBLE}\nreslirp: ${version()}\nnode: ${process.versions.node}\nSLIRP_CONFIG_VERSION_MAX: 5\n`;
}
