import { preset } from '@reslirp/tsup';

export default preset(
  { index: 'src/index.ts', main: 'src/main.ts', worker: 'src/plane/worker.ts', inside: 'src/confined/inside.ts' },
  'node',
);
