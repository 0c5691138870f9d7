// What runs on the other machine, shipped as one file: the network on sockets of Node, or an installed reslirp, which does the
// same faster. The cable is standard input and output; what has been read of it before is this program, and no byte more.
import { readFileSync, realpathSync, writeSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ending, hostHasIpv6, Log, run } from '@reslirp/runtime';
import { stdioLink } from '@reslirp/transport-stdio';
import { longestFrame } from '../longest-frame.ts';
import { parse } from '../parse.ts';
import { type Settings, settings } from '../settings.ts';
import type { RemoteOrder } from './bootstrap.ts';
import { overlapping } from './overlap.ts';

const STDOUT = 1;
const MANIFEST = 'package.json';

export function serve({ marker, args, version, network }: RemoteOrder): void {
  process.stderr.on('error', () => {}); // nobody reads it any more: the network goes on
  const chosen = settings(parse(args), hostHasIpv6());
  const log = new Log(chosen.level, process.stderr, 'reslirp', `${hostname()}: `);
  for (const { name, cidr } of overlapping(network, networkInterfaces())) {
    log.warn(`${name} is in ${cidr} here, and those addresses are the tunnel's now: --network chooses others`);
  }
  const installed = program(version);
  writeSync(STDOUT, marker);
  if (installed === null) {
    serveHere(chosen, log);
    return;
  }
  process.argv = [process.execPath, installed, ...args];
  import(pathToFileURL(installed).href).catch((error: Error) => {
    log.warn(`${installed} does not start: ${error.message}`);
    serveHere(chosen, log);
  });
}

function serveHere(chosen: Settings, log: Log): void {
  const ending = new Ending(log);
  const { mtu } = chosen.network;
  const link = stdioLink({ mtu, maxFrame: longestFrame({ mtu }), pad: false });
  link.onEnd((error) => ending.cableEnded(error === null ? null : error.message));
  const running = run({ link, settings: chosen, log });
  ending.onEnd = () => {
    running.close();
    link.close();
  };
}

/** The main file of an installed reslirp of just this version; null: there is none. */
function program(version: string): string | null {
  const global = [
    join(dirname(process.execPath), '../lib/node_modules/@reslirp/cli'),
    join(process.env['APPDATA'] ?? '/', 'npm/node_modules/@reslirp/cli'),
  ];
  const inPath = (process.env['PATH'] ?? '').split(delimiter).flatMap((directory) => packageOf(directory) ?? []);
  for (const home of [...inPath, ...global]) {
    if (versionOf(home) === version) return join(home, 'dist/main.js');
  }
  return null;
}

/** The package that a command `reslirp` of this directory leads into: its file is PACKAGE/bin/reslirp.js. */
function packageOf(directory: string): string | null {
  try {
    return dirname(dirname(realpathSync(join(directory, 'reslirp'))));
  } catch {
    return null;
  }
}

function versionOf(home: string): string | null {
  try {
    const manifest = JSON.parse(readFileSync(join(home, MANIFEST), 'utf8')) as { name: string; version: string };
    return manifest.name === '@reslirp/cli' ? manifest.version : null;
  } catch {
    return null;
  }
}
