import { preset } from '@reslirp/tsup';

export default preset(['src/index.ts', 'src/host.ts', 'src/service.ts', 'src/endpoint.ts', 'src/host-contract.ts']);
