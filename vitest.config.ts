import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// Workspace packages are imported from src/ (export condition "@reslirp/source"),
// so only tests that start a built program need a build first.
const conditions = ['@reslirp/source', ...defaultServerConditions];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages,apps}/*/{src,test}/**/*.test.ts', 'tooling/*/*.test.ts'],
    testTimeout: 30_000, // against what hangs: a machine that does much else is slow, and not wrong
    reporters: ['default', '@reslirp/vitest/summary'],
  },
});
