import { preset } from '@reslirp/tsup';

export default preset(
  {
    slirp4netns: 'src/slirp4netns/main.ts',
    visitor: 'src/namespace/visitor.ts',
    confined: 'src/slirp4netns/confined.ts',
    'slirp-forwarder': 'src/slirp-forwarder/main.ts',
  },
  'node',
);
