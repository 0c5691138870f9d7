// slirp4netns without privileges: started by slirp4netns itself, never by a user.
import { Log, Plane } from '@reslirp/runtime/plane';
import { fail } from '../failure.ts';
import { protect } from '../sandbox/protect.ts';
import { PROGRAM } from './options.ts';
import { serve } from './serve.ts';
import type { Task } from './task.ts';

try {
  process.title = PROGRAM;
  const task = JSON.parse(process.argv[2]!) as Task;
  const log = new Log(task.settings.level, process.stderr, PROGRAM);
  serve(task, new Plane(task.settings, log), log, protect);
} catch (error) {
  fail(PROGRAM, error);
}
