import { preset } from '@reslirp/tsup';

export default preset({ index: 'src/index.ts', main: 'src/main.ts', inside: 'src/confined/inside.ts' }, 'node');
