import { hostContract } from '@reslirp/stack/host-contract';
import { Loop } from '@reslirp/syscall';
import { describe, it } from 'vitest';
import { onLoopback } from '../../host-node/test/loopback.ts';
import { linuxHost } from './host.ts';

describe('host contract', () => {
  const make = (): ReturnType<typeof onLoopback> => {
    const loop = new Loop();
    const under = onLoopback(linuxHost({ loop }), () => loop.turn(0));
    return {
      ...under,
      close: async () => {
        await under.close();
        loop.dispose();
      },
    };
  };
  for (const { name, run } of hostContract(make)) it(name, run);
});
