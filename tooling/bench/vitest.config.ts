// Measurements, not tests: nothing here fails for being slow. One at a time, and programs that were built; only the loads are
// sources.
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const conditions = ['@reslirp/source', ...defaultServerConditions];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    root: import.meta.dirname,
    include: ['*.measure.ts'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    reporters: [['default', { summary: false }]],
  },
});
