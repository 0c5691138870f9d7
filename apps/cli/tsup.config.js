import { preset } from '@reslirp/tsup';

const node = preset(
  { index: 'src/index.ts', main: 'src/main.ts', inside: 'src/confined/inside.ts', bridge: 'src/tunnel/bridge.ts' },
  'node',
);

/** What is shipped to another machine: everything in one file, and nothing native. */
const remote = {
  ...preset({ remote: 'src/tunnel/remote.ts' }, 'node'),
  format: ['cjs'],
  external: [],
  noExternal: [/^@reslirp\//],
  minify: true,
  sourcemap: false,
  dts: false,
  clean: false,
};

export default [node, remote];
