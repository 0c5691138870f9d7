import { oneLine } from '@reslirp/runtime';

/** The user asked for something that cannot be. The message is complete, but for the program's name in front. */
export class UsageError extends Error {
  constructor(subject: string, complaint: string) {
    super(oneLine(`${subject}: ${complaint}`));
    this.name = 'UsageError';
  }
}
