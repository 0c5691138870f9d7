// Whatever the guest says and the host does, in whatever order: nothing throws, the host never gets a byte that the guest
// did not send in that place, and closing gives everything back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/host.ts';
import { Bench, type Said } from './bench.ts';

const near = fc.oneof(
  fc.constantFrom(0, 1, 1, 2, 8),
  fc.integer({ min: -3, max: 40 }),
  fc.integer({ min: -70_000, max: 300_000 }),
  fc.integer(),
);
const said = fc.record({
  kind: fc.constant('say' as const),
  flags: fc.constantFrom('S', 'A', 'A', 'A', 'PA', 'FA', 'R', 'RA', 'SA', 'F', '', 'SFA'),
  seq: near,
  ack: near,
  window: fc.constantFrom(0, 1, 500, 9_000, 0xffff),
  data: fc.constantFrom(0, 0, 1, 7, 1460, 9_000),
});
const happens = fc.constantFrom(
  'open',
  'queue',
  'end',
  'stall',
  'take',
  'refuse',
  'fail',
  'wait',
  'long',
  'full',
  'room',
);

test('any order of segments, host events and time', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(said, happens), { maxLength: 60 }), (steps) => {
      const b = new Bench({ maxFlows: 2 });
      b.say({ flags: 'S', seq: 0, mss: 1460, scale: 3 });
      const script = new Script(b);
      for (const step of steps) {
        if (typeof step === 'string') script.happen(step);
        else b.say(step as Said);
        const stats = b.tcp.stats();
        expect(stats['flows']).toBeLessThanOrEqual(2);
        expect(stats['ringBytes']).toBeLessThanOrEqual(4 << 20);
      }
      b.tcp.close(b.now);
      b.room = Infinity;
      b.tcp.flush(b.now);
      expect(b.tcp.stats()).toMatchObject({ flows: 0, ringBytes: 0 });
      expect(b.tcp.deadline()).toBe(Infinity);
      for (const peer of b.peers) expect(peer.log.filter((l) => l !== 'finish').length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2_000 },
  );
});

/** The host, within its contract: opened or refused first, nothing after a final event or after the stack let go. */
class Script {
  readonly #b: Bench;
  readonly #opened: Set<unknown> = new Set();
  readonly #over: Set<unknown> = new Set();

  constructor(b: Bench) {
    this.#b = b;
  }

  happen(what: string): void {
    const b = this.#b;
    if (what === 'wait') b.wait(150);
    else if (what === 'long') b.wait(40_000);
    else if (what === 'full') b.room = 0;
    else if (what === 'room') {
      b.room = Infinity;
      b.tcp.flush(b.now);
    } else this.#peer(what);
  }

  #peer(what: string): void {
    const { peer } = this.#b;
    if (peer === undefined || this.#over.has(peer) || peer.log.some((l) => l !== 'finish')) return;
    const opened = this.#opened.has(peer);
    if (!opened && what !== 'open' && what !== 'refuse') return;
    if (opened && (what === 'open' || what === 'refuse')) return;
    if (what === 'stall') peer.room = 0;
    if (what === 'queue') peer.queue(3_000);
    if (what === 'end') peer.end();
    if (what === 'take') peer.room = 5_000;
    if (what === 'open') this.#opened.add(peer);
    if (what === 'refuse' || what === 'fail') this.#over.add(peer);
    this.#b.host((e, _, now) => {
      if (what === 'open') e.opened(now);
      if (what === 'refuse') e.refused(Refusal.REFUSED, now);
      if (what === 'fail') e.failed(Refusal.RESET, now);
      if (what === 'queue' || what === 'end') e.readable(now);
      if (what === 'take') e.writable(now);
    });
  }
}
