// Measurements, not tests: nothing here fails for being slow. One at a time, and what was built, not the sources.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.measure.ts'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    reporters: [['default', { summary: false }]],
  },
});
