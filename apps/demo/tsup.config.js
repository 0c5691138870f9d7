import { preset } from '@reslirp/tsup';

export default { ...preset(['src/demo.ts'], 'node'), dts: false };
