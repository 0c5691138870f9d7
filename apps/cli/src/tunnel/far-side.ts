// The command that carries a cable to the other machine: ssh, or another one that leads to a Node there. It is run anew for
// each connection; why it ended is told in one line.
import { type ChildProcess, spawn } from 'node:child_process';
import { libc, Open, Region } from '@reslirp/syscall';
import { OLDEST_NODE, TOO_OLD } from './bootstrap.ts';
import type { Caller } from './caller.ts';
import type { SshSettings } from './ssh-settings.ts';

/** What is kept of its messages, characters. */
const TAIL = 2_000;
/** For the rest of what it says, milliseconds. */
const LAST_WORDS = 200;
/** Exit status of what a signal ended, 128 and more. */
const KILLED = 128;
/** Exit status of ssh itself. */
const SSH_FAILED = 255;
/** Of shells that find no such command: sh, cmd.exe, and what ssh makes of the latter. */
const NOT_FOUND: readonly number[] = [127, 9_009, 9_009 & 255];
const NOT_FOUND_TEXT = /not recognized|not found|No such file or directory/i;

export type Carrier =
  /** `command`: words of a shell, such as "ssh -p 2222". `node`: how Node is called there. */
  | { readonly kind: 'ssh'; readonly command: string; readonly host: string; readonly node: string | null }
  /** Arguments for Node are put behind it. */
  | { readonly kind: 'exec'; readonly command: string };

/** One run of it. */
export interface Attempt {
  readonly child: ChildProcess;
  /** Ours. */
  readonly input: number;
  readonly output: number;
  readonly ended: Promise<Outcome>;
}

export interface Outcome {
  /** 128 and more: a signal. */
  readonly code: number;
  /** The end of what it said on standard error, which has been passed on. */
  readonly said: string;
}

/** How the other machine is called in messages. */
export function nameOf(carrier: Carrier): string {
  return carrier.kind === 'ssh' ? carrier.host : `'${carrier.command}'`;
}

export interface StartOptions {
  readonly caller: Caller;
  /** Of an ssh that has been asked. */
  readonly settings: SshSettings | null;
  /** Where ssh goes instead of to the name it was given, an address. */
  readonly at: string | null;
  /** Node is where shells do not look, perhaps. */
  readonly search: boolean;
}

export function start(carrier: Carrier, bootstrap: string, { caller, settings, at, search }: StartOptions): Attempt {
  const args = carrier.kind === 'ssh' ? [...sshOptions(settings, at), carrier.host] : ['-e', bootstrap];
  if (carrier.kind === 'ssh') args.push(search ? searchingLine(bootstrap) : remoteLine(carrier.node, bootstrap));
  const [theirInput, output] = pipe();
  const [input, theirOutput] = pipe();
  // A terminal sends SIGINT to all of us, and it is not for ssh to decide what that means
  const line = `trap '' INT; exec ${carrier.command} "$@"`;
  const child = spawn('sh', ['-c', line, 'sh', ...args], { ...caller, stdio: [theirInput, theirOutput, 'pipe'] });
  libc.close(theirInput);
  libc.close(theirOutput);
  return { child, input, output, ended: outcome(child) };
}

function sshOptions(settings: SshSettings | null, at: string | null): string[] {
  return [
    '-T',
    ...(settings?.keepsAlive === false ? ['-o', 'ServerAliveInterval=15', '-o', 'ServerAliveCountMax=3'] : []),
    ...(settings === null || at === null ? [] : ['-o', `HostName=${at}`, '-o', `HostKeyAlias=${settings.keyName}`]),
  ];
}

/** For whatever shell there is. See bootstrap.ts for why double quotes are enough. */
function remoteLine(node: string | null, bootstrap: string): string {
  return `${node ?? 'node'} -e "${bootstrap}"`;
}

/** Where Node is when a shell without a terminal does not find it, as with Homebrew, nvm and their like. For sh. */
function searchingLine(bootstrap: string): string {
  const places = [
    '/usr/local/bin/node',
    '/opt/homebrew/bin/node',
    '/usr/bin/nodejs',
    '/snap/bin/node',
    '$HOME/.local/bin/node',
    '$HOME/.volta/bin/node',
    '$HOME/.nvm/versions/node/*/bin/node',
    '$HOME/.local/share/fnm/node-versions/*/installation/bin/node',
    '$HOME/.asdf/shims/node',
    '$HOME/.local/share/mise/shims/node',
  ];
  return `sh -c 'for n in ${places.join(' ')}; do if [ -x "$n" ]; then exec "$n" -e "${bootstrap}"; fi; done; exit 127'`;
}

function outcome(child: ChildProcess): Promise<Outcome> {
  let said = '';
  child.stderr!.on('data', (b: Buffer) => {
    said = (said + b.toString()).slice(-TAIL);
    process.stderr.write(b);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: NOT_FOUND[0]!, said: error.message }));
    child.once('exit', (code) => {
      const tell = (): void => resolve({ code: code ?? KILLED, said });
      child.once('close', tell);
      setTimeout(tell, LAST_WORDS).unref(); // what it started in the background may hold its standard error for ever
    });
  });
}

/** To read from, and to write to. */
function pipe(): [number, number] {
  const pair = new Region(8);
  if (libc.pipe(pair.address, Open.CLOEXEC) < 0) throw new Error('no descriptors left');
  return [pair.view.getInt32(0, true), pair.view.getInt32(4, true)];
}

/** Whether the shell there has not found Node. */
export function lacksNode({ code, said }: Outcome): boolean {
  return NOT_FOUND.includes(code) || (code === 1 && NOT_FOUND_TEXT.test(said));
}

/** Why there was no network, in one line. `noise`: what came instead. */
export function diagnose(carrier: Carrier, outcome: Outcome, noise: string, error: string | null): string {
  const { code } = outcome;
  const last = lines(noise).at(-1) ?? '';
  const wanted = `it needs Node ${OLDEST_NODE} or later`;
  if (code === TOO_OLD) return `Node is too old there: it is ${last}, and ${wanted}`;
  if (carrier.kind === 'ssh' && code === SSH_FAILED) return 'no connection; ssh has said why';
  if (lacksNode(outcome)) {
    const how = carrier.kind === 'ssh' ? '; --node PATH says where it is' : '';
    return `no Node is found there: ${wanted}${how}`;
  }
  const [first] = lines(noise);
  const instead = first === undefined ? 'nothing came' : `what came is no reslirp: '${first.slice(0, 200)}'`;
  return `${error ?? `the command there ended with status ${code}`}, and ${instead}`;
}

function lines(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}
