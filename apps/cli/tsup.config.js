import { preset } from '@reslirp/tsup';

export default preset(['src/index.ts', 'src/main.ts'], 'node');
