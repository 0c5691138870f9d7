import { preset } from '@reslirp/tsup';

// The first runs in browsers; what the second needs of Node is not in it, nor in what they share
export default preset(['src/index.ts', 'src/server.ts'], 'node');
