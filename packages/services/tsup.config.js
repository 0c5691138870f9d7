import { preset } from '@reslirp/tsup';

export default preset(['src/index.ts', 'src/dhcp4.ts', 'src/dns.ts', 'src/tftp.ts']);
