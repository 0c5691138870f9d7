import { expect, it } from 'vitest';
import { endpoint } from '../../test/fake-net.ts';
import { Upstreams } from './upstreams.ts';

it('remembers the newest 64 failures', () => {
  const all = Array.from({ length: 65 }, (_, n) => endpoint(`192.0.2.${n}:53`));
  let asked = all.slice(0, 3);
  const upstreams = new Upstreams(() => asked);
  for (const e of [...all, all[1]!]) upstreams.failed(e, 0);
  const order = (): string[] => upstreams.inOrder(1).map(String);
  expect(order()).toEqual(['192.0.2.0:53', '192.0.2.1:53', '192.0.2.2:53']); // 0 is forgotten, 1 and 2 are not
  asked = [all[2]!, all[0]!, all[1]!];
  expect(order()).toEqual(['192.0.2.0:53', '192.0.2.2:53', '192.0.2.1:53']);
});
