import { beforeEach, describe, expect, test } from 'vitest';
import { Jack } from './jack.ts';
import type { Link } from './link.ts';
import { pair } from './pair.ts';

const TEXT = new TextDecoder();

function put(link: Link, text: string): boolean {
  const b = new TextEncoder().encode(text);
  const at = link.reserve(b.length);
  if (at < 0) return false;
  link.slab.set(b, at);
  link.commit(b.length);
  link.flush();
  return true;
}

/** A cable, and what has arrived at its far end. */
function cable(capacity?: number): { ours: Link; far: Link; got: string[] } {
  const [ours, far] = pair(capacity === undefined ? {} : { capacity });
  const got: string[] = [];
  far.onFrame((b, at, end) => got.push(TEXT.decode(b.subarray(at, end))));
  far.onEnd(() => got.push('end'));
  return { ours, far, got };
}

describe('a jack', () => {
  let jack: Jack;
  let seen: string[];

  beforeEach(() => {
    jack = new Jack({ mtu: 1500 });
    seen = [];
    jack.onFrame((b, at, end) => seen.push(TEXT.decode(b.subarray(at, end))));
    jack.onRoom(() => seen.push('room'));
    jack.onEnd((error) => seen.push(`end ${error?.message ?? null}`));
    jack.onUnplugged((error) => seen.push(`unplugged ${error?.message ?? null}`));
  });

  test('without a cable is full; there is room when one comes, once, and only when somebody has asked', () => {
    expect(jack.plugged).toBe(false);
    jack.plug(cable().ours);
    expect(seen).toEqual([]);
    jack = new Jack({ mtu: 1500 });
    jack.onRoom(() => seen.push('room'));
    expect([put(jack, 'a'), put(jack, 'b')]).toEqual([false, false]);
    jack.flush();
    const { ours, got } = cable();
    jack.plug(ours);
    expect(seen).toEqual(['room']);
    expect(put(jack, 'c')).toBe(true);
    expect(got).toEqual(['c']);
  });

  test('a cable that ends is not the end; the next one carries both directions', () => {
    const first = cable();
    jack.plug(first.ours);
    put(jack, 'one');
    first.far.close();
    first.far.flush();
    expect([jack.plugged, put(jack, 'lost')]).toEqual([false, false]);
    const second = cable();
    jack.plug(second.ours);
    put(jack, 'two');
    put(second.far, 'back');
    expect([first.got, second.got, seen]).toEqual([['one'], ['two'], ['unplugged null', 'room', 'back']]);
  });

  test('full by the first cable: there is room on the second', () => {
    const first = cable(4_096);
    jack.plug(first.ours);
    while (jack.reserve(1_500) >= 0) jack.commit(1_500);
    jack.plug(cable().ours);
    expect(seen).toEqual(['room']);
  });

  test('a cable in the place of another: the first is closed, and neither its frames nor its end are heard', () => {
    const [first, second] = [cable(), cable()];
    jack.plug(first.ours);
    jack.plug(second.ours);
    first.far.flush();
    put(first.far, 'too late');
    first.far.close();
    first.far.flush();
    put(second.far, 'here');
    expect([first.got, seen]).toEqual([['end'], ['here']]);
  });

  test('over: the end is told once, nothing is taken, and a cable that comes later is closed', () => {
    jack.plug(cable().ours);
    jack.over(new Error('enough'));
    jack.over(null);
    const { ours, far, got } = cable();
    jack.plug(ours);
    far.flush();
    expect([seen, got, jack.reserve(60), jack.plugged]).toEqual([['end enough'], ['end'], -1, false]);
  });

  test('closed: so is the cable, and one that comes later', () => {
    const [first, second] = [cable(), cable()];
    jack.plug(first.ours);
    put(jack, 'last');
    jack.close();
    jack.plug(second.ours);
    jack.over(null);
    for (const { far } of [first, second]) far.flush();
    expect([first.got, second.got, seen]).toEqual([['last', 'end'], ['end'], []]);
  });

  test('a cable that is not like the others does not fit', () => {
    const [short] = pair({ mtu: 576 });
    const [other] = pair({ offload: { checksum: true, segmentation: 0, datagrams: 0 } });
    expect(() => jack.plug(short)).toThrow(/packets of 576 bytes does not go into a jack for 1500/);
    expect(() => jack.plug(other)).toThrow(TypeError);
    jack.plug(pair({ mtu: 9_000 })[0]);
    expect(jack.mtu).toBe(1500);
  });

  test('without anybody who waits for another cable it ends with its own', () => {
    jack = new Jack({ mtu: 1500 });
    jack.onEnd((error) => seen.push(`end ${error?.message ?? null}`));
    const { ours, far } = cable();
    jack.plug(ours);
    far.close();
    far.flush();
    expect(seen).toEqual(['end null']);
  });
});
