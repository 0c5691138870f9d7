// The network at work, from the thread's start to the program's end.
import { closeSync, unlinkSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Ending, Exit, type Log, type Plane, showOnSignal } from '@reslirp/runtime/plane';
import { ApiServer } from '../api/server.ts';
import { Failure } from '../failure.ts';
import type { Task } from './task.ts';

/** Makes hold what was asked for, before anybody is told that the network works. */
export type Protect = (task: Task, log: Log) => Promise<void>;

/** Returns at once; the process ends when the network does. */
export function serve(task: Task, plane: Plane, log: Log, protect: Protect): void {
  process.stderr.on('error', () => {}); // nobody reads it any more: the network goes on
  process.stdout.on('error', () => {});
  const ending = new Ending(log);
  showOnSignal(log, () => plane.snapshots());
  const api = task.api === null ? null : new ApiServer(plane, task.guest, log);
  ending.onEnd = () => {
    api?.close();
    if (task.api !== null) forget(task.api.path);
    plane.close();
  };
  const broken = (error: unknown): void => {
    ending.cableEnded(error instanceof Error ? error.message : String(error));
  };
  if (task.exitFd !== null) watch(task.exitFd, () => ending.end(Exit.OK), broken);
  plane.loaded
    .then(() => protect(task, log))
    .then(() => {
      plane.serve(task.cable, {
        onServing: () => {
          try {
            if (api !== null && task.api !== null) api.listen(task.api.fd);
            if (task.readyFd !== null) announce(task.readyFd);
          } catch (error) {
            broken(error);
          }
        },
        onEnd: (error) => ending.cableEnded(error),
      });
    })
    .catch(broken);
}

function announce(fd: number): void {
  try {
    writeSync(fd, '1');
    closeSync(fd);
  } catch (error) {
    throw new Failure(`--ready-fd: ${(error as NodeJS.ErrnoException).code}: descriptor ${fd} cannot be written to`);
  }
}

/** `gone`: the other end of the pipe was closed, or somebody wrote to it. */
function watch(fd: number, gone: () => void, broken: (error: unknown) => void): void {
  try {
    const pipe = new Socket({ fd, readable: true, writable: false });
    pipe.on('data', gone);
    pipe.on('close', gone);
    pipe.on('error', gone);
  } catch {
    broken(`--exit-fd: descriptor ${fd} is neither a pipe nor a socket`);
  }
}

function forget(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // in a sandbox it cannot be, and somebody else may have been quicker
  }
}
