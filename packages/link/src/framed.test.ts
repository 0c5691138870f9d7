import { describe, expect, test } from 'vitest';
import { onFraming } from '../test/benches.ts';
import { FramedLink } from './framed.ts';

/** Frames of 1,514 bytes that were taken before it was full. */
function fill(link: FramedLink): number {
  let frames = 0;
  for (; link.reserve(1514) >= 0; frames++) link.commit(1514);
  return frames;
}

describe('slabs', () => {
  test('a full one leaves before the turn ends; the other one fills meanwhile, and no third is made', () => {
    const slabs = new Set<Uint8Array>();
    const ends: number[] = [];
    const link = new FramedLink({
      mtu: 1500,
      write: (b, end) => {
        slabs.add(b);
        ends.push(end);
        return false;
      },
    });
    const both = fill(link);
    expect(ends).toEqual([(both / 2) * 1516]);
    link.flush();
    expect(ends).toHaveLength(1); // the other one waits for written()
    link.written();
    expect(fill(link)).toBe(both / 2);
    link.written();
    link.written();
    expect([ends.length, slabs.size]).toEqual([3, 2]);
  });

  test('onRoom() comes when a slab is free, once', () => {
    let rooms = 0;
    const link = new FramedLink({ mtu: 1500, write: () => false });
    link.onRoom(() => rooms++);
    fill(link);
    expect(rooms).toBe(0);
    link.written();
    link.written();
    expect(rooms).toBe(1);
  });
});

describe('padding', () => {
  const written: Uint8Array[] = [];
  const padded = (mtu: number, size: number): Uint8Array => {
    const link = new FramedLink({
      mtu,
      pad: true,
      write: (b, end) => {
        written.push(b.slice(0, end));
        return false;
      },
    });
    expect(link.reserve(size)).toBe(2);
    link.slab.fill(0xee);
    link.commit(size);
    link.flush();
    return written.at(-1)!;
  };

  test('to 60 bytes and to an even length, with zeros', () => {
    const short = padded(1500, 14);
    expect([short.length, short[1], short[15], ...short.subarray(16)]).toEqual([62, 60, 0xee, ...Array(46).fill(0)]);
    const odd = padded(1500, 61);
    expect([odd.length, odd[1], odd[62], odd[63]]).toEqual([64, 62, 0xee, 0]);
  });

  test('never beyond what two bytes can say', () => {
    const longest = padded(65_521, 65_535);
    expect([longest.length, longest[0], longest[1]]).toEqual([65_537, 0xff, 0xff]);
    expect(new FramedLink({ mtu: 65_535, write: () => false }).reserve(65_536)).toBe(-1);
  });
});

describe('the end', () => {
  test('within a frame it is an error that says so, once', () => {
    const ends: (string | undefined)[] = [];
    const link = new FramedLink({ mtu: 1500, write: () => false });
    link.onEnd((error) => ends.push(error?.message));
    link.received(Uint8Array.of(0, 60, 1), 0, 3);
    link.ended(null);
    link.ended(new Error('late'));
    expect(ends).toEqual(['cable cut off: it ended 3 bytes into a frame']);
  });

  test('of what comes is not the end of what goes', async () => {
    const t = onFraming();
    t.hangUp();
    t.link.reserve(60);
    t.link.commit(60);
    t.link.flush();
    await t.settle();
    expect(t.arrived).toHaveLength(1);
  });

  test('of a broken cable: nothing goes, and what waits is let go', () => {
    let finished = 0;
    const link: FramedLink = new FramedLink({ mtu: 1500, write: () => false, finished: () => finished++ });
    fill(link);
    link.ended(new Error('broken'));
    expect(link.reserve(60)).toBe(-1);
    link.close();
    expect(finished).toBe(1);
  });

  test('of both, after close(): finished() is called when the last slab has left', () => {
    let finished = 0;
    const link: FramedLink = new FramedLink({ mtu: 1500, write: () => false, finished: () => finished++ });
    fill(link);
    link.close();
    link.written();
    expect(finished).toBe(0);
    link.written();
    expect(finished).toBe(1);
  });
});
