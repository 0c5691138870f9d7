// Who gets which place. The guests are far ends of cables of memory; time is faked.
import { type Link, pair } from '@reslirp/link';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Level, Log } from './log.ts';
import { type Origin, Relay, type RelayOptions } from './relay.ts';

const DOOR: Origin = { way: {}, alone: false };
const OTHER: Origin = { way: {}, alone: false };
const ALONE: Origin = { way: {}, alone: true };
const EVERYBODY = new Array<number>(6).fill(255);
const GATEWAY = [10, 0, 2, 2];

class Guest {
  readonly far: Link;
  /** What it was asked: the last byte of the target of each ARP request. */
  readonly asked: number[] = [];
  /** ARP replies that it has got. */
  replies: number = 0;
  ended: boolean = false;
  readonly #mac: readonly number[];
  readonly #ip: number;

  /** Of 10.0.2.`ip`, with a MAC address that ends in `mac`. */
  constructor(far: Link, mac: number, ip: number) {
    this.far = far;
    this.#mac = [0x52, 0x54, 0, 0, 0, mac];
    this.#ip = ip;
    far.onFrame((b, at, end) => this.#heard(b.slice(at, end)));
    far.onEnd(() => {
      this.ended = true;
    });
  }

  #heard(b: Uint8Array): void {
    if (b[12] !== 8 || b[13] !== 6) return;
    if (b[21] === 1) this.asked.push(b[41]!);
    else this.replies++;
  }

  /** Asks for the gateway. */
  speak(): void {
    const arp = [0, 1, 8, 0, 6, 4, 0, 1, ...this.#mac, 10, 0, 2, this.#ip, 0, 0, 0, 0, 0, 0, ...GATEWAY];
    const frame = [...EVERYBODY, ...this.#mac, 8, 6, ...arp, ...new Array<number>(18).fill(0)];
    const at = this.far.reserve(frame.length);
    this.far.slab.set(frame, at);
    this.far.commit(frame.length);
    this.far.flush();
  }

  leave(): void {
    this.far.close();
    this.far.flush();
  }
}

describe('networks that are kept', () => {
  let said: string;
  let relay: Relay;
  let begun: number;

  beforeEach(() => {
    vi.useFakeTimers({
      toFake: [
        'setTimeout',
        'clearTimeout',
        'setInterval',
        'clearInterval',
        'setImmediate',
        'clearImmediate',
        'performance',
      ],
    });
    said = '';
    begun = 0;
  });
  afterEach(() => {
    relay.close();
    vi.useRealTimers();
  });

  function open(options: Partial<RelayOptions> = {}): void {
    const network = { network: '10.0.2.0/24', gateway: '10.0.2.2', nameserver: '10.0.2.3', mtu: 1500, mru: 1500 };
    const log = new Log(Level.INFO, { writableLength: 0, write: (text) => (said += text) }, 'test');
    relay = new Relay({
      settings: {
        network: { ...network, restricted: false, hostLoopback: true },
        dhcp: null,
        dhcp6: null,
        ncsi: {},
        dns: null,
        resolvConf: '/dev/null',
        level: Level.INFO,
      },
      log,
      most: 3,
      keep: 30_000,
      begun: () => begun++,
      ...options,
    });
  }

  /** Null: there was no place. */
  function join(mac: number, origin: Origin | null, ip: number = 20): Guest | null {
    const [ours, far] = pair();
    const guest = new Guest(far, mac, ip);
    const name = `guest ${mac}`;
    return relay.join(ours, name, () => {}, origin) ? guest : null;
  }

  /** The turn ends. */
  function turn(ms: number = 1): void {
    vi.advanceTimersByTime(ms);
  }

  function arrived(mac: number, origin: Origin | null = DOOR, ip: number = 20): Guest {
    const guest = join(mac, origin, ip)!;
    guest.speak();
    turn();
    return guest;
  }

  test('a guest that is known by its MAC goes on in its own network; it is asked, and need not speak first', () => {
    open();
    const first = arrived(1);
    expect([first.replies, begun]).toEqual([1, 1]);
    first.leave();
    expect([relay.guests, relay.waiting]).toEqual([0, 1]);
    const again = join(1, DOOR)!;
    expect([again.asked, begun, relay.waiting]).toEqual([[20], 1, 1]);
    again.speak();
    turn();
    expect([again.replies, begun, relay.guests, relay.waiting]).toEqual([1, 1, 1, 0]);
    expect(relay.stats()).toEqual({ returned: 1, lapsed: 0, displaced: 0, waiting: 0 });
  });

  test('a stranger has a network of its own, and has heard nothing but the question', () => {
    open();
    arrived(1).leave();
    const stranger = arrived(2);
    expect([stranger.asked, stranger.replies, begun, relay.waiting]).toEqual([[20], 1, 2, 1]);
  });

  test('the same MAC by another door is a stranger; so is it while the guest is there', () => {
    open();
    const first = arrived(1);
    arrived(1);
    expect(begun).toBe(2);
    first.leave();
    const other = arrived(1, OTHER);
    expect([other.asked, begun, relay.waiting]).toEqual([[], 3, 1]);
  });

  test('who comes by a way of one guest is that guest, and is asked nothing', () => {
    open();
    arrived(1, ALONE).leave();
    const again = join(9, ALONE)!;
    expect([begun, again.asked, relay.waiting, relay.guests]).toEqual([1, [], 0, 1]);
  });

  test('who says nothing is asked every second, and is new when nobody is waited for any more', () => {
    open();
    arrived(1).leave();
    const silent = join(1, DOOR)!;
    turn(3_000);
    expect([silent.asked, begun]).toEqual([[20, 20, 20, 20], 1]);
    turn(30_000);
    expect([begun, relay.guests, relay.waiting, relay.stats()['lapsed']]).toEqual([2, 1, 0, 1]);
    silent.speak();
    turn();
    expect([silent.replies, said.includes('has not come back')]).toEqual([1, true]);
  });

  test('who leaves before it is known has never been there', () => {
    open();
    arrived(1).leave();
    join(1, DOOR)!.leave();
    expect([relay.guests, relay.waiting]).toEqual([0, 1]);
  });

  test('the cap is of those who are here: who waits longest gives way', () => {
    open();
    for (const mac of [1, 2, 3]) arrived(mac).leave();
    expect([relay.guests, relay.waiting, relay.full]).toEqual([0, 3, false]);
    arrived(4);
    expect([relay.guests, relay.waiting, relay.stats()['displaced']]).toEqual([1, 2, 1]);
    arrived(1); // its place is gone
    expect([begun, relay.stats()['returned']]).toEqual([5, 0]);
    arrived(3);
    expect([relay.guests, relay.waiting, relay.stats()['returned']]).toEqual([3, 0, 1]);
    expect(join(5, DOOR)).toBeNull();
  });

  test('those who are not known yet have a place', () => {
    open({ most: 2 });
    arrived(1).leave();
    expect([join(2, DOOR) === null, join(3, DOOR) === null, join(4, DOOR)]).toEqual([false, false, null]);
  });

  test('without an origin, or without patience, a network ends with its cable', () => {
    open();
    arrived(1, null).leave();
    expect(relay.waiting).toBe(0);
    relay.close();
    open({ keep: 0 });
    arrived(1).leave();
    expect([relay.waiting, relay.stats()]).toEqual([0, { returned: 0, lapsed: 0, displaced: 0, waiting: 0 }]);
  });

  test('closed: everybody is, those who are not known yet too', () => {
    open();
    const [here, gone] = [arrived(1), arrived(2)];
    gone.leave();
    const unknown = join(3, DOOR)!;
    relay.close();
    turn();
    for (const { far } of [here, unknown]) far.flush();
    expect([here.ended, unknown.ended, relay.guests, relay.waiting]).toEqual([true, true, 0, 0]);
  });

  test('--shared: the port is kept, with what was learnt on it', () => {
    open({ shared: { isolated: false } });
    const first = arrived(1);
    first.leave();
    const again = join(1, DOOR)!;
    again.speak();
    turn();
    expect([again.replies, begun, relay.stats()['returned']]).toEqual([1, 1, 1]);
  });
});
