import { preset } from '@reslirp/tsup';

export default preset({ index: 'src/index.ts', plane: 'src/plane.ts', worker: 'src/plane/worker.ts' }, 'node');
