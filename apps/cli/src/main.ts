// The program: arguments, the cable on stdin and stdout, and the ways in which it all ends.
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { ConfigError } from '@reslirp/stack';
import { stdioLink } from '@reslirp/transport-stdio';
import { helpText } from './help.ts';
import { Level, Log } from './log.ts';
import { parse, UsageError } from './parse.ts';
import { type Running, run } from './run.ts';
import { type Settings, settings } from './settings.ts';

const STDIN = 0;
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
  if (choices.instead === 'help') {
    process.stdout.write(helpText());
  } else if (choices.instead === 'version') {
    process.stdout.write(`reslirp ${version()}\n`);
  } else {
    network(settings(choices));
  }
}

function network(chosen: Settings): void {
  const log = new Log(chosen.level, process.stderr);
  if (isatty(STDIN)) {
    throw new UsageError('stdin', "is a terminal, where the guest's cable should be; see the end of --help");
  }
  const link = stdioLink({ mtu: chosen.network.mtu, maxFrame: longestFrame(chosen) });
  let running: Running | null = null;
  let over = false;
  const end = (code: number): void => {
    if (over) return;
    over = true;
    if (running !== null) summary(log, running);
    running?.close();
    link.close();
    process.exitCode = code;
    setTimeout(() => process.exit(), GRACE).unref();
  };
  link.onEnd((error) => {
    if (error !== null) log.error(error.message);
    end(error === null ? Exit.OK : Exit.FAILED);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      log.info(`${signal}: the network closes`);
      end(Exit.OK);
    });
  }
  running = run(link, chosen, log);
  const { network: cidr, gateway, nameserver } = chosen.network;
  log.info(`network ${cidr}, gateway ${gateway}, nameserver ${nameserver}`);
}

/** What vde_plug can send, or the guest's largest packet with its headers. */
function longestFrame({ network: { mtu, mru } }: Settings): number {
  return Math.max(9_234, mtu + 18, mru + 18);
}

function summary(log: Log, running: Running): void {
  if (log.level < Level.DEBUG) return;
  const counted = Object.entries(running.stats()).filter(([, n]) => n > 0);
  log.debug(counted.map(([name, n]) => `${name}=${n}`).join(' '));
}

function complain(error: unknown): void {
  const mine = error instanceof UsageError || error instanceof ConfigError;
  process.stderr.write(`reslirp: ${mine || error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = mine ? Exit.USAGE : Exit.FAILED;
}

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
