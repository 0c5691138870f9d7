// What every Host owes to the stack: the words of host.ts as cases that run, on real sockets as on simulated ones.
//
// A case plays the stack on the near side, and steers the far side that the implementer provides. It knows no clock
// and no test framework: time passes in until() and settle(), and a case that does not hold throws an Error.
//
// Watched in every case: no event from within a call, none after a final one, and a `now` that never goes back. Every
// byte has a value that follows from its place; every buffer and Endpoint that was lent is spoilt when the call is over.
import { Refusal } from './host.ts';
import { ACCEPTING } from './host-contract/accepting.ts';
import { Bench, BOUNDLESS, check, fill, Near, NearDatagrams, reader, stretch } from './host-contract/bench.ts';
import type { ContractCase, HostUnderTest } from './host-contract/under-test.ts';

export type { ContractCase, FarDatagrams, FarListener, FarTcp, HostUnderTest } from './host-contract/under-test.ts';

const MANY = 200;

const OPENING: Record<string, (t: Bench) => Promise<void>> = {
  'opens once, and carries nothing by itself': async (t) => {
    const { near } = await t.pair();
    await t.under.settle();
    near.drain();
    check(near.said.join() === 'opened', `said ${near.said}`);
    check(near.sink.count === 0 && near.ends === 0, 'read() had nothing to give');
  },

  'says REFUSED for a closed port, and nothing after': async (t) => {
    const near = Near.to(t, await t.under.refusing());
    await t.until('refused', () => near.said.length > 0);
    await t.under.settle();
    check(near.said.join() === `refused ${Refusal.REFUSED}`, `said ${near.said}`);
  },

  'says nothing after abort() while connecting': async (t) => {
    const listener = await t.under.listen();
    for (const to of [listener.at, await t.under.refusing()]) Near.to(t, to).end('abort');
    await t.under.settle();
  },

  'knows its own end as the far side does, and none once it is over': async (t) => {
    const { near, far } = await t.pair();
    if (near.name() === null) return;
    check(near.name() === far.peer.toString(), `${near.name()}, not ${far.peer}`);
    near.end('finish');
    check(near.name() === far.peer.toString(), 'a direction that has ended changes no name');
    near.end('abort');
    await t.under.settle();
    check(near.name() === null, `${near.name()} after abort()`);
    const refused = Near.to(t, await t.under.refusing());
    check(refused.name() === null, `${refused.name()} before it is open`);
    await t.until('refused', () => refused.said.length > 0);
    check(refused.name() === null, `${refused.name()}, though it was refused`);
  },

  [`opens ${MANY} connections at once, and keeps them apart`]: async (t) => {
    const { at, accepted } = await t.under.listen();
    const nears = Array.from({ length: MANY }, () => Near.to(t, at));
    await t.until('all are accepted', () => accepted.length === MANY && nears.every((near) => near.said.length > 0));
    const sinks = accepted.map(reader);
    for (const far of accepted) far.write(stretch(2, 0, 1_000));
    for (const [i, near] of nears.entries()) near.push(i + 1);
    await t.until('all have read', () => nears.every((near) => near.sink.count === 1_000));
    await t.until('all were read', () => sinks.reduce((sum, s) => sum + s.count, 0) === (MANY * (MANY + 1)) / 2);
    for (const near of nears) near.sink.checkWhole(1_000);
    const sizes = new Set(sinks.map((sink) => sink.count));
    check(sizes.size === MANY && sinks.every((sink) => sink.wrongAt < 0), 'streams are mixed');
  },
};

const CARRYING: typeof OPENING = {
  'carries 3 MB each way at once, whole, and keeps no lent byte': async (t) => {
    const size = 3_000_000;
    const { near, far } = await t.pair();
    const sink = reader(far);
    far.write(stretch(2, 0, size));
    near.push(size);
    await t.until('all is across', () => sink.count >= size && near.sink.count >= size);
    sink.checkWhole(size);
    near.sink.checkWhole(size);
  },

  'takes less when the far side stalls, and all of it in the end': async (t) => {
    const { near, far } = await t.pair();
    await fill(t, near);
    const { writables } = near;
    const sink = reader(far);
    await t.until('writable', () => near.writables > writables);
    await t.until('all is across', () => !near.full && sink.count >= near.wrote);
    sink.checkWhole(near.wrote);
  },

  'tells the urgent byte where it is, and loses none': async (t) => {
    const { near, far } = await t.pair();
    if (far.urge === undefined) return;
    let size = 0;
    for (const [plain, urgent] of [
      [0, 1],
      [5, 3],
      [70_000, 1],
      [1, 0],
    ] as const) {
      near.reading = size === 0; // at once, and after much has come
      far.write(stretch(2, size, plain));
      await t.until('it has left', () => far.unsent === 0);
      if (urgent > 0) far.urge(stretch(2, size + plain, urgent));
      await t.under.settle();
      size += plain + urgent;
    }
    near.reading = true;
    near.drain();
    await t.until('all is across', () => near.sink.count >= size);
    near.sink.checkWhole(size);
    check(near.marks.join() === '1,70010', `urgent was behind ${near.marks}`); // of several unread ones the last is
  },

  'stops the far writer when the stack does not read, and loses nothing': async (t) => {
    const { near, far } = await t.pair();
    near.reading = false;
    let size = 0;
    for (; far.unsent === 0 && size < BOUNDLESS; size += 1_000_000) {
      far.write(stretch(2, size, 1_000_000));
      await t.under.settle();
    }
    check(far.unsent > 0, `${size} bytes were taken, and nobody read`);
    far.end();
    near.reading = true;
    near.drain();
    await t.until('the end', () => near.ends > 0);
    near.sink.checkWhole(size);
  },
};

const ENDING: typeof OPENING = {
  'tells END once, after the last byte, and still writes': async (t) => {
    const { near, far } = await t.pair();
    const sink = reader(far);
    near.reading = false;
    far.write(stretch(2, 0, 20_000));
    far.end();
    await t.until('bytes wait', () => near.readables > 0);
    while (near.ends === 0) {
      near.drain(9); // few at a time
      await t.under.settle();
    }
    near.sink.checkWhole(20_000);
    near.push(500_000);
    await t.until('the far side read on', () => sink.count >= 500_000);
    near.drain();
    check(near.ends === 1, `END ${near.ends} times`);
    check(!far.ended, 'the near direction is open');
  },

  'sends its FIN after what was written, and still reads': async (t) => {
    const { near, far } = await t.pair();
    const sink = reader(far);
    near.push(200_000);
    await t.until('all is taken', () => near.wrote === 200_000);
    near.end('finish');
    await t.until('the FIN', () => far.ended);
    sink.checkWhole(200_000);
    far.write(stretch(2, 0, 500_000));
    far.end();
    await t.until('END', () => near.ends > 0);
    near.sink.checkWhole(500_000);
  },

  'delivers what was written before close(), and says nothing after': async (t) => {
    const { near, far } = await t.pair();
    far.end();
    await t.until('END', () => near.ends > 0);
    near.push(200_000);
    await t.until('all is taken', () => near.wrote === 200_000);
    near.end('finish');
    near.end('close');
    await t.under.settle();
    const sink = reader(far);
    await t.until('the FIN', () => far.ended);
    sink.checkWhole(200_000);
  },

  'resets the far side by abort(), and says nothing after': async (t) => {
    const { near, far } = await t.pair();
    reader(far);
    far.write(stretch(2, 0, 10_000));
    near.end('abort');
    await t.until('the far side is reset', () => far.lost);
    await t.under.settle();
  },

  'goes at once by abort() right after finish(), written or not': async (t) => {
    for (const size of [0, 1_000]) {
      const { near, far } = await t.pair();
      reader(far);
      near.push(size);
      near.end('finish');
      near.end('abort');
      await t.until('the far side knows', () => far.lost || far.ended);
    }
  },

  'says nothing of a reset after close()': async (t) => {
    const { near, far } = await t.pair();
    await fill(t, near);
    near.end('close');
    await t.under.settle();
    far.reset();
    await t.under.settle();
  },

  'says failed RESET once when the far side resets, and nothing after': async (t) => {
    const { near, far } = await t.pair();
    far.reset();
    await t.until('failed', () => near.said.length > 1);
    near.push(10);
    for (const how of ['finish', 'close', 'abort'] as const) near.end(how);
    await t.under.settle();
    check(near.said.join() === `opened,failed ${Refusal.RESET}`, `said ${near.said}`);
  },

  'takes a reset for no orderly end, also behind bytes that wait': async (t) => {
    const { near, far } = await t.pair();
    near.reading = false;
    far.write(stretch(2, 0, 150_000));
    await t.until('bytes wait', () => near.readables > 0 && far.unsent === 0);
    far.reset();
    await t.under.settle();
    near.reading = true;
    near.drain();
    await t.until('failed', () => near.said.length > 1);
    check(near.said.join() === `opened,failed ${Refusal.RESET}` && near.ends === 0, `said ${near.said}`);
  },
};

const DATAGRAMS: typeof OPENING = {
  'carries datagrams of 0 to 9,000 bytes both ways, and keeps no lent byte': async (t) => {
    const far = await t.under.datagrams();
    const near = new NearDatagrams(t);
    const sizes = [1, 0, 500, 1_472, 4_097, 9_000];
    for (const size of sizes) near.send(far.at, stretch(size, 0, size));
    await t.until('all there', () => far.received.length === sizes.length);
    for (const { from, bytes } of far.received) far.send(from, bytes);
    await t.until('all back', () => near.heard.length === sizes.length);
    for (const [i, size] of sizes.entries()) {
      const { from, bytes } = near.heard[i]!;
      check(bytes.join() === stretch(size, 0, size).join(), `the datagram of ${size} bytes came back wrong`);
      check(from === far.at.toString(), `from ${from}, not ${far.at}`);
    }
  },

  'talks to many peers from one port, and hears any of them': async (t) => {
    const [known, other, stranger] = [await t.under.datagrams(), await t.under.datagrams(), await t.under.datagrams()];
    const near = new NearDatagrams(t);
    near.send(known.at, Uint8Array.of(1));
    near.send(other.at, Uint8Array.of(2));
    await t.until('both hear', () => known.received.length + other.received.length === 2);
    const here = known.received[0]!.from;
    check(here.port === other.received[0]!.from.port, 'one port for both');
    stranger.send(here, Uint8Array.of(3));
    await t.until('the stranger is heard', () => near.heard.length > 0);
    check(near.heard[0]!.from === stranger.at.toString(), `from ${near.heard[0]!.from}`);
  },

  'sends to groups and to everybody, and hears who answers': async (t) => {
    for (const kind of ['group', 'everybody'] as const) {
      const far = await t.under.many?.(kind);
      if (far === undefined) continue;
      const near = new NearDatagrams(t);
      near.send(far.at, stretch(1, 0, 300));
      await t.until(`${kind} hears`, () => far.received.length > 0);
      check(far.received[0]!.bytes.join() === stretch(1, 0, 300).join(), `${kind} heard something else`);
      far.send(far.received[0]!.from, Uint8Array.of(1));
      await t.until('the answer is heard', () => near.heard.length > 0);
      near.close();
    }
  },

  'says nothing after close()': async (t) => {
    const far = await t.under.datagrams();
    const near = new NearDatagrams(t);
    near.send(far.at, Uint8Array.of(1));
    await t.until('heard', () => far.received.length > 0);
    far.send(far.received[0]!.from, Uint8Array.of(2));
    near.close();
    near.send(far.at, Uint8Array.of(3));
    await t.under.settle();
    check(far.received.length === 1, 'nothing leaves a closed socket');
  },
};

/** `make` is called once per case, and what it made is closed after it. */
export function hostContract(make: () => HostUnderTest | Promise<HostUnderTest>): readonly ContractCase[] {
  const cases = { ...OPENING, ...CARRYING, ...ENDING, ...DATAGRAMS, ...ACCEPTING };
  return Object.entries(cases).map(([name, play]) => ({
    name,
    run: async () => {
      const under = await make();
      const bench = new Bench(under);
      try {
        await play(bench);
        check(bench.wrong.length === 0, bench.wrong.slice(0, 3).join('; '));
      } finally {
        await under.close();
      }
    },
  }));
}
