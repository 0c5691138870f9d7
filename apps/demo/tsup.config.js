import { preset } from '@reslirp/tsup';

export default { ...preset(['src/demo.ts', 'src/inside.ts'], 'node'), dts: false };
