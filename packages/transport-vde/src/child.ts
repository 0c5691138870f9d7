// Any VDE network through vde_plug(1), which speaks the cable on its standard input and output: where there are no system calls, and
// for networks that are no switch.
import { spawn } from 'node:child_process';
import type { Link } from '@reslirp/link';
import { type CableOptions, streamLink } from '@reslirp/transport-stdio';
import type { VdeUrl } from './url.ts';

const PROGRAM = 'vde_plug';
/** How long it may take to see that its input has ended, milliseconds. */
const GRACE = 1_000;
/** Of what it says, characters. */
const MOST_SAID = 1_000;

/** The cable, and how it ended. */
export interface PluggedIn {
  readonly link: Link;
  /** Resolves when the program has ended: to why, in one line. */
  readonly ended: Promise<string>;
}

/** Starts vde_plug. Rejects, in one line, when it cannot be. `mtu`, `maxFrame`: as of CableOptions. */
export function plugIn(url: VdeUrl, options: Pick<CableOptions, 'mtu' | 'maxFrame'> = {}): Promise<PluggedIn> {
  const child = spawn(PROGRAM, [url.text], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    if (said.length < MOST_SAID) said += text;
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => {
      const [line = ''] = said.trim().split('\n', 1);
      resolve(line === '' ? `${PROGRAM} has ended: ${signal ?? `exit code ${code}`}` : `${PROGRAM}: ${line}`);
    });
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new Error(
          error.code === 'ENOENT' ? `${PROGRAM} is not installed (Debian: vdeplug)` : `${PROGRAM}: ${error.message}`,
        ),
      );
    });
    child.once('spawn', () => {
      const link = streamLink(child.stdout, child.stdin, options);
      child.stdin.once('finish', () => {
        setTimeout(() => child.kill(), GRACE).unref();
      });
      resolve({ link, ended });
    });
  });
}
