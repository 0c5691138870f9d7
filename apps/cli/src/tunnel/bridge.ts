// The thread between the TAP and the other machine: frames, and nothing that looks into them.
//
// Each side waits for the other. A frame of the TAP is read to where it leaves from, and only when there is room: frames wait
// in the kernel's queue, which loses what is too much, as a router before a narrow link does. What comes is written to the
// TAP before more is read, so that the far side finds its pipe full, and its network waits. Without a way to the other
// machine frames are lost, as on a cable that is not plugged in.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Link, VDE_FRAME } from '@reslirp/link';
import { AddressCache, Epoll, Errno, errorName, Loop, libc, Region } from '@reslirp/syscall';
import { loopLink } from '@reslirp/transport-stdio/linux';
import { Greeting } from './greeting.ts';
import type { BridgeBirth, BridgeNews, BridgeOrder, Way } from './message.ts';

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;
/** The longest that the length before a frame can say. */
const MOST = 0xffff;
/**
 * Frames that are read before anything else has its turn: as many as wait in the TAP. A turn brings hundreds of them, each second
 * one is acknowledged at once, and what has no room in that queue is lost.
 */
const BATCH = 1_000;

class Bridge {
  readonly #loop: Loop;
  readonly #tap: number;
  readonly #mtu: number;
  /** Of the longest frame, bytes. */
  readonly #size: number;
  /** A frame that nobody wants. */
  readonly #scrap: Region;
  readonly #slabs: AddressCache = new AddressCache();
  readonly #frames: AddressCache = new AddressCache();
  #greeting: Greeting | null = null;
  #cable: Link | null = null;
  #watching: boolean = true;
  #lost: number = 0;

  constructor(loop: Loop, { tap, mtu }: BridgeBirth) {
    this.#loop = loop;
    this.#tap = tap;
    this.#mtu = mtu;
    this.#size = Math.min(MOST, mtu + HEADERS);
    this.#scrap = new Region(this.#size);
    loop.add(tap, Epoll.IN, this);
    loop.onTurnEnd(() => {
      this.#cable?.flush();
      return Infinity;
    });
  }

  /** What was there before is let go. */
  take(way: Way): void {
    this.#unplug();
    this.#greeting = new Greeting(this.#loop, way, {
      met: () => this.#plug(way),
      failed: (error, noise) => {
        this.#greeting = null;
        tell({ kind: 'parted', number: way.number, error, noise });
      },
    });
  }

  close(): void {
    this.#unplug();
    tell({ kind: 'closed', lost: this.#lost });
    this.#loop.stop();
  }

  /** The TAP has frames. */
  ready(): void {
    for (let i = 0; i < BATCH && this.#watching; i++) {
      const n = this.#cable === null ? this.#drop() : this.#carry(this.#cable);
      if (n === -Errno.EAGAIN) return;
      if (n > 0 || n === -Errno.EIO) continue; // EIO: the interface is down
      this.#loop.remove(this.#tap);
      this.#watching = false;
      tell({ kind: 'broken', error: `the TAP is gone: ${errorName(n)}` });
    }
  }

  /** One frame of the TAP. What read(2) said, or EAGAIN where there is no room. */
  #carry(cable: Link): number {
    const at = cable.reserve(this.#size);
    if (at < 0) {
      this.#watch(false);
      return -Errno.EAGAIN;
    }
    const n = libc.read(this.#tap, this.#slabs.of(cable.slab) + at, this.#size);
    if (n > 0) cable.commit(n);
    return n;
  }

  #drop(): number {
    const n = libc.read(this.#tap, this.#scrap.address, this.#size);
    if (n > 0) this.#lost++;
    return n;
  }

  #plug(way: Way): void {
    const { input, output, number } = way;
    this.#greeting = null;
    const maxFrame = Math.max(VDE_FRAME, this.#size);
    const cable = loopLink({ loop: this.#loop, input, output, mtu: this.#mtu, maxFrame, pad: false });
    this.#cable = cable;
    cable.onFrame((b, at, end) => {
      if (libc.write(this.#tap, this.#frames.of(b) + at, end - at) < 0) this.#lost++;
    });
    cable.onRoom(() => this.#watch(true));
    cable.onEnd((error) => {
      this.#unplug();
      tell({ kind: 'parted', number, error: error === null ? null : error.message, noise: '' });
    });
    tell({ kind: 'joined', number });
  }

  #unplug(): void {
    this.#greeting?.close();
    this.#greeting = null;
    this.#cable?.close();
    this.#cable = null;
    this.#watch(true);
  }

  #watch(on: boolean): void {
    if (on === this.#watching) return;
    this.#watching = on;
    this.#loop.modify(this.#tap, on ? Epoll.IN : 0);
  }
}

function tell(news: BridgeNews): void {
  port.postMessage(news);
}

const port = parentPort!;
const loop = new Loop();
const bridge = new Bridge(loop, workerData as BridgeBirth);
loop.onWake(() => {
  for (let m = receiveMessageOnPort(port); m !== undefined; m = receiveMessageOnPort(port)) {
    const order = m.message as BridgeOrder;
    if (order.kind === 'take') bridge.take(order.way);
    else bridge.close();
  }
});
tell({ kind: 'turning', waker: loop.waker });
loop.run();
