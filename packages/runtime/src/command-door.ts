// A unix socket behind which a command waits: every connection is one of its own, which is its standard input and output. So
// guest forwards reach programs, as with libslirp's 'cmd:'.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from './log.ts';

/** Of one command at once. */
const MOST = 64;

export class CommandDoor {
  readonly path: string;
  readonly #directory: string;
  readonly #command: string;
  readonly #log: Log;
  readonly #server: Server;
  readonly #children: Set<ChildProcess> = new Set();

  private constructor(command: string, log: Log) {
    this.#directory = mkdtempSync(join(tmpdir(), 'reslirp-')); // nobody else may look into it
    this.path = join(this.#directory, 'command');
    this.#command = command;
    this.#log = log;
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => this.#start(socket));
    this.#server.maxConnections = MOST;
  }

  /** For a line of shell. Rejects when there is no socket to be had. */
  static open(command: string, log: Log): Promise<CommandDoor> {
    const door = new CommandDoor(command, log);
    return new Promise((resolve, reject) => {
      door.#server.once('error', reject);
      door.#server.listen(door.path, () => resolve(door));
    });
  }

  /** No more of them are started; those that run go on. */
  shut(): void {
    this.#server.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Ends the commands that still run. */
  close(): void {
    this.shut();
    for (const child of this.#children) child.kill();
  }

  #start(socket: Socket): void {
    socket.on('error', () => {}); // the guest has left
    const child = spawn('/bin/sh', ['-c', this.#command], { stdio: [socket, socket, 'inherit'] });
    this.#children.add(child);
    child.on('error', (error) => this.#log.error(`'${this.#command}': ${error.message}`));
    child.on('close', () => this.#children.delete(child));
    socket.destroy(); // the child has its own
  }
}
