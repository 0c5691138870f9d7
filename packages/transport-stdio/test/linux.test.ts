// The cable on the loop of a thread: a pair of sockets, under the contract of links.
import { BIG_2, Deframer, writeLength } from '@reslirp/link';
import { type LinkUnderTest, linkContract } from '@reslirp/link/contract';
import { Errno, Fcntl, Loop, libc, Open, Region } from '@reslirp/syscall';
import { describe, expect, test } from 'vitest';
import { loopLink } from '../src/linux.ts';

const UNIX = 1;
const STREAM = 1;
const buffer = new Region(1 << 20);

/** Two connected stream sockets, the second not blocking. */
function sockets(): [number, number] {
  const pair = new Region(8);
  libc.socketpair(UNIX, STREAM, 0, pair.address);
  const [near, far] = [pair.view.getInt32(0, true), pair.view.getInt32(4, true)];
  libc.fcntl(far, Fcntl.SETFL, Open.NONBLOCK | Open.RDWR);
  return [near, far];
}

interface Cable extends LinkUnderTest {
  readonly loop: Loop;
  readonly far: number;
  take(): void;
  raw(bytes: Uint8Array): void;
}

function cable(): Cable {
  const [near, far] = sockets();
  const loop = new Loop();
  const output = libc.fcntl(near, 0, 100); // F_DUPFD: input and output are two descriptors
  const link = loopLink({ loop, input: near, output, mtu: 1500, maxFrame: 9_234 });
  const arrived: Uint8Array[] = [];
  const deframer = new Deframer(BIG_2, 65_535, (b, at, end) => arrived.push(b.slice(at, end)));
  const take = (): void => {
    for (let n = libc.read(far, buffer.address, 1 << 20); n > 0; n = libc.read(far, buffer.address, 1 << 20)) {
      deframer.push(buffer.bytes, 0, n);
    }
  };
  const raw = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) {
      const size = Math.min(bytes.length - at, 60_000);
      buffer.bytes.set(bytes.subarray(at, at + size));
      const n = libc.write(far, buffer.address, size);
      if (n > 0) at += n;
      else if (n === -Errno.EAGAIN) loop.turn(0);
      else return;
    }
  };
  return {
    link,
    arrived,
    loop,
    far,
    take,
    raw,
    send(frame) {
      const b = new Uint8Array(2 + frame.length);
      writeLength(BIG_2, b, 0, frame.length);
      b.set(frame, 2);
      raw(b);
    },
    hangUp: () => void libc.close(far),
    settle() {
      for (let i = 0; i < 20; i++) {
        take();
        loop.turn(0);
      }
    },
  };
}

describe('the contract of links', () => {
  for (const { name, run } of linkContract(cable)) test(name, run);
});

describe('its ends', () => {
  const end = (t: Cable): (Error | null)[] => {
    const said: (Error | null)[] = [];
    t.link.onEnd((error) => said.push(error));
    return said;
  };

  test('half a frame, and then nothing more: the guest left in the middle of it', () => {
    const t = cable();
    const said = end(t);
    t.raw(Uint8Array.of(0, 60, 1, 2, 3));
    t.hangUp();
    t.settle();
    expect(said).toHaveLength(1);
  });

  test('written to when nobody is there any more: one line', () => {
    const t = cable();
    const said = end(t);
    t.hangUp();
    const at = t.link.reserve(60);
    t.link.slab.fill(1, at, at + 60);
    t.link.commit(60);
    t.link.flush();
    t.loop.turn(0);
    t.loop.turn(0);
    expect(said).toHaveLength(1);
  });

  test('a length that cannot be ends the cable, and says so', () => {
    const t = cable();
    const said = end(t);
    t.raw(Uint8Array.of(0xff, 0xff, 1, 2));
    t.settle();
    expect(String(said[0])).toMatch(/65535|frame/);
  });

  test('closed, its descriptors are closed too', () => {
    const t = cable();
    t.link.close();
    t.settle();
    expect(libc.read(t.far, buffer.address, 10)).toBe(0);
  });
});
