import { preset } from '@reslirp/tsup';

export default preset(['src/index.ts'], 'node');
