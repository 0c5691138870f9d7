// The program: arguments, the cable on stdin and stdout, and the ways in which it all ends.
import { isatty } from 'node:tty';
import {
  type Cable,
  type Carrier,
  dump,
  Ending,
  Exit,
  hasPlane,
  hostHasIpv6,
  Log,
  Networks,
  Plane,
  type Running,
  recordingOf,
  run,
  showOnSignal,
} from '@reslirp/runtime';
import { ConfigError } from '@reslirp/stack';
import { stdioLink } from '@reslirp/transport-stdio';
import { openApi } from './api.ts';
import type { CableSettings } from './cable-settings.ts';
import { establish } from './forwards.ts';
import { helpText, tunnelHelp } from './help.ts';
import { longestFrame } from './longest-frame.ts';
import { parse, split } from './parse.ts';
import { doubtOf, lastWords, PLANE_CABLES, planeCable, refuseWithoutPlane } from './plane-cable.ts';
import { type Settings, settings } from './settings.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

const STDIN = 0;
const STDOUT = 1;
process.stderr.on('error', () => {}); // nobody reads it any more: the network goes on

try {
  main(process.argv.slice(2));
} catch (error) {
  complain(error);
}

function main(args: readonly string[]): void {
  const [first] = args;
  if (first === 'run') {
    runCommand(args.slice(1));
    return;
  }
  if (first === 'tunnel') {
    tunnelCommand(args.slice(1)).catch(complain);
    return;
  }
  const choices = parse(args);
  if (choices.instead === 'help') print(helpText());
  else if (choices.instead === 'version') print(`reslirp ${version()}\n`);
  else network(settings(choices, hostHasIpv6(), hasColours()));
}

/** `reslirp run [OPTION]... [--] COMMAND [ARGUMENT]...` */
function runCommand(args: readonly string[]): void {
  const { own, command } = split(args);
  const choices = parse(own);
  if (choices.instead !== undefined) {
    main(own);
    return;
  }
  if (!hasPlane()) throw new UsageError('run', 'is for Linux on x64 and arm64');
  if (command.length === 0) throw new UsageError('run', 'has no command: reslirp run [OPTION]... -- COMMAND');
  const chosen = settings(choices, hostHasIpv6(), hasColours());
  if (chosen.cables !== null) throw new UsageError('run', 'has a cable of its own: the command is the guest');
  // Loaded only here: where there are no system calls, everything else still works
  import('./confined/confine.ts')
    .then(({ confine }) => confine(chosen, command, new Log(chosen.level, process.stderr)))
    .then((code) => {
      process.exitCode = code;
      process.exit();
    }, complain);
}

/** `reslirp tunnel [OPTION]... [USER@]HOST [-- COMMAND...]`. All of it is loaded only here. */
async function tunnelCommand(args: readonly string[]): Promise<void> {
  const { plan } = await import('./tunnel/plan.ts');
  const chosen = plan(args);
  if (chosen === 'help') return print(tunnelHelp());
  if (chosen === 'version') return print(`reslirp ${version()}\n`);
  if (!hasPlane()) throw new UsageError('tunnel', 'is for Linux on x64 and arm64; the other machine may be any');
  const { tunnel } = await import('./tunnel/tunnel.ts');
  process.exitCode = await tunnel(chosen, new Log(chosen.settings.level, process.stderr));
  process.exit();
}

function network(chosen: Settings): void {
  if (chosen.cables !== null) {
    onCables(chosen, chosen.cables);
    return;
  }
  refuseTerminals();
  refuseHost(chosen.host);
  const way = wayOf(chosen);
  const cable = { kind: 'stdio', input: STDIN, output: STDOUT, longestFrame: longestFrame(chosen.network) } as const;
  if (chosen.host === 'node' || !hasPlane()) onNode(way);
  else onPlane(way, cable, () => onNode(way));
}

/** What one network is made with. */
interface Way {
  readonly chosen: Settings;
  readonly log: Log;
  readonly ending: Ending;
  readonly networks: Networks;
}

function wayOf(chosen: Settings): Way {
  const log = new Log(chosen.level, process.stderr);
  return { chosen, log, ending: new Ending(log), networks: new Networks(chosen, chosen) };
}

/** Guests that come over sockets, or that the network goes to. */
function onCables(chosen: Settings, cables: CableSettings): void {
  const cable = planeCable(cables);
  if (chosen.host === 'linux' && cable === null) {
    throw new UsageError('--host', `'linux' is for ${PLANE_CABLES}, and for 'run'`);
  }
  refuseHost(chosen.host);
  const byCalls = cable !== null && chosen.host !== 'node' && hasPlane();
  if (cable !== null && !byCalls) refuseWithoutPlane(cable);
  const way = wayOf(chosen);
  const { log, ending } = way;
  if (byCalls) onPlane(way, cable, () => inRelay(chosen, cables, log, ending));
  else inRelay(chosen, cables, log, ending);
}

/** Sockets of Node, and programs that it starts. */
function inRelay(chosen: Settings, cables: CableSettings, log: Log, ending: Ending): void {
  // Loaded only here: the usual cable starts sooner without it
  import('./cables.ts')
    .then(({ serveCables }) => serveCables(chosen, cables, log, ending))
    .catch((error: unknown) => ending.cableEnded(error instanceof Error ? error.message : String(error)));
}

/** Sockets and streams of Node, in this thread. */
function onNode(way: Way): void {
  const { chosen, log, ending } = way;
  const recording = recordingOf(chosen.recording, log);
  const cable = stdioLink({ mtu: chosen.network.mtu, maxFrame: longestFrame(chosen.network) });
  const link = dump(recording?.record(cable, 'guest') ?? cable, chosen, log);
  let running: Running | null = null;
  ending.onEnd = () => {
    running?.close();
    link.close();
    recording?.close();
  };
  link.onEnd((error) => ending.cableEnded(error === null ? null : error.message));
  running = run({ link, settings: chosen, log, recording });
  const served = running;
  showOnSignal(log, async () => [[null, served.snapshot()]]);
  withForwards(way, running);
}

/** System calls, in a thread of their own. Nothing has been read when that does not even start: then it is `otherwise`. */
function onPlane(way: Way, cable: Cable, otherwise: () => void): void {
  const { chosen, log, ending } = way;
  let serving = false;
  const plane = new Plane(chosen, log);
  const doubt = doubtOf(cable, chosen.network.mtu);
  if (doubt !== null) log.warn(doubt);
  showOnSignal(log, () => plane.snapshots());
  plane.serve(cable, {
    onServing: () => {
      serving = true;
      withForwards(way, plane);
    },
    onEnd: (error) => {
      if (serving || chosen.host === 'linux' || cable.kind === 'door') ending.cableEnded(lastWords(cable, error));
      else if (!ending.over) {
        log.info(`no system calls here, so the sockets are Node's: ${error}`);
        otherwise();
      }
    },
  });
  ending.onEnd = () => plane.close();
}

/** A network without the forwards, or the API, that were asked for is none. */
function withForwards({ chosen, log, ending, networks }: Way, carrier: Carrier): void {
  const guests = [{ id: 1, name: 'guest', since: new Date(), port: null }];
  const { forwards } = networks.begin(carrier, () => guests);
  establish(chosen, forwards, log)
    .then((release) => {
      process.once('exit', release);
      return openApi(chosen.api, networks, log);
    })
    .catch((error: Error) => ending.cableEnded(error.message));
}

function refuseHost(host: Settings['host']): void {
  if (host !== 'linux' || hasPlane()) return;
  throw new UsageError(
    '--host',
    `'linux' is for Linux on x64 and arm64, and this is ${process.platform} on ${process.arch}`,
  );
}

function refuseTerminals(): void {
  for (const [fd, name] of [
    [STDIN, 'stdin'],
    [STDOUT, 'stdout'],
  ] as const) {
    if (!isatty(fd)) continue;
    throw new UsageError(
      name,
      "is a terminal, where the guest's cable should be: dpipe vde_plug tap://tap0 = reslirp, or --help (in its source tree, npm start shows it at work)",
    );
  }
}

/** Whether text for people may be coloured. Node knows NO_COLOR and its like. */
function hasColours(): boolean {
  return process.stderr.isTTY && process.stderr.hasColors();
}

function print(text: string): void {
  process.stdout.on('error', () => {}); // as in `reslirp --help | head -1`
  process.stdout.write(text);
}

function complain(error: unknown): void {
  const usage = error instanceof UsageError || error instanceof ConfigError;
  process.stderr.write(`reslirp: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = usage ? Exit.USAGE : Exit.FAILED;
}
