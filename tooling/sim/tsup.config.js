// One file each, of sources: calls between modules of a bundle cost nothing, those between modules that a test runner has loaded
// cost more than all the rest of a simulation.
/** @type {import('tsup').Options} */
export default {
  entry: ['src/sim.ts', 'src/worker.ts'],
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  noExternal: [/^@reslirp\//],
  esbuildOptions: (options) => {
    options.conditions = ['@reslirp/source'];
  },
  sourcemap: true,
  clean: true,
};
