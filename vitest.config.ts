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
    // npm run coverage: what runs anywhere, by its own tests, the simulation's and the fuzzer's
    coverage: {
      include: ['packages/{wire,link,switch,stack,services,gateways}/src/**/*.ts'],
      exclude: ['**/*.test.ts', 'packages/*/src/contract.ts', 'packages/stack/src/host-contract{.ts,/**}'],
      reporter: [['text', { skipFull: true }], 'json-summary'],
    },
  },
});
