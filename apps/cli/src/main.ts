// The program: arguments, the cable on stdin and stdout, and the ways in which it all ends.
import { isatty } from 'node:tty';
import { ConfigError } from '@reslirp/stack';
import { stdioLink } from '@reslirp/transport-stdio';
import { helpText } from './help.ts';
import { Log } from './log.ts';
import { parse, UsageError } from './parse.ts';
import { type Running, run } from './run.ts';
import { type Settings, settings } from './settings.ts';
import { version } from './version.ts';

const STDIN = 0;
const STDOUT = 1;
/** Exit codes: an orderly end, a cable or a host that failed, a wrong command line. */
const Exit = { OK: 0, FAILED: 1, USAGE: 2 } as const;
/** Whatever still hangs when the end has come is let go after this long, milliseconds. */
const GRACE = 500;

process.stderr.on('error', () => {}); // nobody reads it any more: the network goes on

try {
  main(process.argv.slice(2));
} catch (error) {
  complain(error);
}

function main(args: readonly string[]): void {
  const choices = parse(args);
  if (choices.instead === 'help') print(helpText());
  else if (choices.instead === 'version') print(`reslirp ${version()}\n`);
  else network(settings(choices));
}

function network(chosen: Settings): void {
  refuseTerminals();
  const log = new Log(chosen.level, process.stderr);
  const link = stdioLink({ mtu: chosen.network.mtu, maxFrame: longestFrame(chosen) });
  let running: Running | null = null;
  let over = false;
  const end = (code: number): void => {
    if (over) return;
    over = true;
    running?.close();
    link.close();
    process.exitCode = code;
    setTimeout(() => process.exit(), GRACE).unref();
  };
  link.onEnd((error) => {
    if (over) return;
    if (error === null) log.info('the guest has left');
    else log.error(error.message);
    end(error === null ? Exit.OK : Exit.FAILED);
  });
  // A second one finds no listener, and ends the process at once
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      log.info(`${signal}: the network closes`);
      end(Exit.OK);
    });
  }
  running = run(link, chosen, log);
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

/** What vde_plug can send, or the guest's largest packet with its headers. */
function longestFrame({ network: { mtu, mru } }: Settings): number {
  return Math.max(9_234, mtu + 18, mru + 18);
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
