import { preset } from '@reslirp/tsup';

// One file, with everything of ours in it; v86 itself comes as its package has it (the import map of index.html)
export default {
  ...preset(['src/page.ts'], 'browser'),
  external: ['v86'],
  noExternal: [/^@reslirp\//],
  dts: false,
};
