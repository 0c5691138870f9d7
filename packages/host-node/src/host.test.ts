import { hostContract } from '@reslirp/stack/host-contract';
import { describe, it } from 'vitest';
import { underTest } from '../test/loopback.ts';

describe('host contract', () => {
  for (const { name, run } of hostContract(() => underTest())) it(name, run);
});
