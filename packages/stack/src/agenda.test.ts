import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Agenda } from './agenda.ts';

const CAPACITY = 24;

it('wakes everybody in time, the earliest first, and nobody who was disarmed', () => {
  const step = fc.record({
    act: fc.constantFrom('arm', 'arm', 'arm', 'disarm', 'take'),
    index: fc.nat(CAPACITY - 1),
    at: fc.nat(99),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const agenda = new Agenda(CAPACITY);
      const model = new Map<number, number>();
      for (const { act, index, at } of steps) {
        if (act === 'arm') {
          agenda.arm(index, at);
          model.set(index, Math.min(at, model.get(index) ?? Infinity));
        } else if (act === 'disarm') {
          agenda.disarm(index);
          model.delete(index);
        } else {
          const taken = agenda.take(at);
          const due = Math.min(...model.values());
          if (due > at) expect(taken).toBe(-1);
          else expect(model.get(taken)).toBe(due);
          model.delete(taken);
        }
        expect(agenda.next()).toBe(Math.min(...model.values()));
      }
    }),
  );
});

it('is not armed by Infinity, and keeps the earlier of two times', () => {
  const agenda = new Agenda(2);
  agenda.arm(0, Infinity);
  expect(agenda.next()).toBe(Infinity);
  agenda.arm(1, 5);
  agenda.arm(1, 9);
  expect([agenda.take(4), agenda.take(5), agenda.take(100)]).toEqual([-1, 1, -1]);
});
