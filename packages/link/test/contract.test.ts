import { describe, expect, test } from 'vitest';
import { type LinkUnderTest, linkContract } from '../src/contract.ts';
import { Capture, delay, impair, Jack, type Link, pair, poison, trace, Wrapper } from '../src/index.ts';
import { onCable, onFraming, onMessages, onPair } from './benches.ts';

const quiet = (link: Link): Link => trace(link, () => {});
const captured = (link: Link): Link =>
  new Capture({ write: () => true, now: () => 0n, application: 'test' }).record(link, 'guest');
/** A jack with that cable, and none before it; or one that was pulled out when it was full; or one that was in its place. */
function plugged(link: Link, before: 'nothing' | 'pulled' | 'displaced' = 'nothing'): Link {
  const jack = new Jack({ mtu: link.mtu });
  if (before !== 'nothing') {
    const [old, far] = pair();
    jack.plug(old);
    if (before === 'pulled') {
      jack.onUnplugged(() => {});
      far.close();
      far.flush();
      jack.onUnplugged((error) => jack.over(error));
    }
  }
  jack.plug(link);
  return jack;
}
const random = (): number => 0.5;

const LINKS: readonly (readonly [string, () => LinkUnderTest])[] = [
  ['pair', () => onPair()],
  [
    'pair with offload',
    () => onPair((link) => link, { offload: { checksum: true, segmentation: 65_535, datagrams: 65_000 } }),
  ],
  ['framed', onFraming],
  ['messages', onMessages],
  ['poison', () => onPair(poison)],
  ['capture', () => onPair(captured)],
  ['trace', () => onPair(quiet)],
  ['jack', () => onPair((link) => plugged(link))],
  ['jack, its second cable', () => onPair((link) => plugged(link, 'pulled'))],
  ['jack, a cable in the place of another', () => onPair((link) => plugged(link, 'displaced'))],
  ['impair, with nothing wrong', () => onCable((link, time) => impair(link, { ...time, random }))],
  ['impair, narrow', () => onCable((link, time) => impair(link, { ...time, random, delay: 20, jitter: 5, limit: 60 }))],
  ['delay', () => onCable((link, time) => delay(link, 50, time))],
  ['all of them', () => onCable((link, time) => poison(quiet(captured(delay(poison(link), 1, time)))))],
];

describe.each(LINKS)('%s', (_, make) => {
  for (const { name, run } of linkContract(make)) test(name, run);
});

/** The names of the cases that a pair fails when it is broken like this. */
async function failures(broken: (link: Link) => Link): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of linkContract(() => onPair(broken))) {
    await run().catch(() => failed.push(name));
  }
  return failed;
}

describe('the contract finds', () => {
  test('one who reads what was lent only later', async () => {
    class Late extends Wrapper {
      #commit: () => void = () => {};
      override commit(...frame: Parameters<Link['commit']>): void {
        this.#commit = () => super.commit(...frame);
      }
      override flush(): void {
        this.#commit();
        this.#commit = () => {};
        super.flush();
      }
    }
    expect(await failures((link) => new Late(link))).toContain('lent bytes have been read when commit() returns');
  });

  test('one who never has room again', async () => {
    class Stuck extends Wrapper {
      override onRoom(): void {}
    }
    expect(await failures((link) => new Stuck(link))).toEqual([
      'full: reserve() says -1 before anything is lost, and onRoom() follows, as often as it happens',
      'no handler is called from within reserve() or commit()',
    ]);
  });

  test('one who queues without end', async () => {
    class Endless extends Wrapper {
      readonly #queue: Uint8Array[] = [];
      readonly #slab: Uint8Array = new Uint8Array(2_000);
      override get slab(): Uint8Array {
        return this.#slab;
      }
      override reserve(): number {
        return 0;
      }
      override commit(size: number): void {
        this.#queue.push(this.#slab.slice(0, size));
      }
    }
    expect(await failures((link) => new Endless(link))).toContain(
      'full: reserve() says -1 before anything is lost, and onRoom() follows, as often as it happens',
    );
  });

  test('one who calls from within commit()', async () => {
    class Eager extends Wrapper {
      #room: () => void = () => {};
      override commit(...frame: Parameters<Link['commit']>): void {
        super.commit(...frame);
        this.#room();
      }
      override onRoom(handler: () => void): void {
        this.#room = handler;
      }
    }
    expect(await failures((link) => new Eager(link))).toContain(
      'no handler is called from within reserve() or commit()',
    );
  });

  test('one who trusts everybody', async () => {
    class Gullible extends Wrapper {
      protected override received(b: Uint8Array, at: number, end: number): void {
        super.received(b, at, end, true);
      }
    }
    expect(await failures((link) => new Gullible(link))).toEqual([
      'a frame comes as a plain Uint8Array, and is trusted only where the link completes checksums',
    ]);
  });

  test('one who still speaks when closed', async () => {
    class Chatty extends Wrapper {
      #end: (error: Error | null) => void = () => {};
      override onEnd(handler: (error: Error | null) => void): void {
        this.#end = handler;
        super.onEnd(handler);
      }
      override close(): void {
        super.close();
        this.#end(null);
      }
    }
    expect(await failures((link) => new Chatty(link))).toEqual(['closed: no handler is called any more']);
  });
});
