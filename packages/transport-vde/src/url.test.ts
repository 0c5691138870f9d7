import { expect, test } from 'vitest';
import { parseVde } from './url.ts';

test.each([
  ['/run/vde.ctl', 'vde:///run/vde.ctl', '/run/vde.ctl', null],
  ['vde:///run/vde.ctl', 'vde:///run/vde.ctl', '/run/vde.ctl', null],
  ['vde://here[3]', 'vde://here[3]', 'here', 3],
  ['here', 'vde://here', 'here', null],
  ['vde:///run/vde.ctl[0]', 'vde:///run/vde.ctl[0]', '/run/vde.ctl', 0],
  ['/run/vde.ctl[lan]', 'vde:///run/vde.ctl[lan]', '/run/vde.ctl', 'lan'],
  ['vde://', 'vde://', null, null],
  ['vde://[7]', 'vde://[7]', null, 7],
])('%s', (text, full, path, port) => {
  expect(parseVde(text)).toEqual({ text: full, switch: { path, port } });
});

test.each(['vxvde://239.0.0.1', 'tap://tap0', 'cmd://x y', 'slirp://'])('%s is of vde_plug', (text) => {
  expect(parseVde(text)).toEqual({ text, switch: null });
});

test.each(['', '/x[', '/x]', '/x[]', '/x[65536]', '/x[5]y', '/x[a/b]', '/x[mode=777]', 'vde:///x\0y'])(
  '%j is no name',
  (text) => {
    expect(parseVde(text)).toBeNull();
  },
);
