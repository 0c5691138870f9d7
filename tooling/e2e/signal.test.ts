// SIGUSR1 to the programs for namespaces.
import { describe, expect, test } from 'vitest';
import { Namespace, pause, Slirp4netns, until } from './namespace.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('ping');

describe.skipIf(why !== null)(`SIGUSR1${why === null ? '' : `: skipped, ${why}`}`, () => {
  test.each([[[]], [['--enable-sandbox', '--enable-seccomp']]])(
    'slirp4netns -c %j shows its flows',
    async (args) => {
      const guest = await Namespace.make();
      const program = await Slirp4netns.serve(['-c', ...args, String(guest.pid), 'tap0']);
      try {
        expect((await guest.run(['ping', '-c', '1', '10.0.2.2'])).code).toBe(0);
        program.child.kill('SIGUSR1');
        await until('counters', () => /^dns: /m.test(program.err));
        expect(program.err).toMatch(/^flows \d+\n/m);
        await pause(50);
        expect(await program.stop()).toBe(0);
      } finally {
        guest.remove();
      }
    },
    60_000,
  );
});
