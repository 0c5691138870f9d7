import { preset } from '@reslirp/tsup';

/** One file: who waits for the plane waits for all that it loads, and each file costs a millisecond. */
const worker = {
  ...preset({ worker: 'src/plane/worker.ts' }, 'node'),
  external: ['@reslirp/syscall'],
  noExternal: [/^@reslirp\/(?!syscall$)/],
  dts: false,
  clean: false,
};

export default [preset({ index: 'src/index.ts', plane: 'src/plane.ts' }, 'node'), worker];
