import { preset } from '@reslirp/tsup';

export default preset(['src/index.ts', 'src/dhcp4.ts', 'src/dhcp6.ts', 'src/dns.ts', 'src/ncsi.ts', 'src/tftp.ts']);
