/**
 * One shape of build for every package: ESM, types, source maps.
 *
 * @param {import('tsup').Options['entry']} entry
 * @param {'neutral' | 'node'} platform
 * @returns {import('tsup').Options}
 */
export const preset = (entry = ['src/index.ts'], platform = 'neutral') => ({
  entry,
  format: ['esm'],
  target: 'node20',
  platform,
  // tsup leaves out dependencies by itself, but not optional ones
  external: [/^@reslirp\//, 'koffi'],
  // tsup sets baseUrl for its d.ts program, which TypeScript 6 calls deprecated
  dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: null } },
  sourcemap: true,
  clean: true,
});
