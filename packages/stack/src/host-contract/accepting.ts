// The cases of what comes from outside: accept() and udpAt().
import { Endpoint } from '../endpoint.ts';
import { type Acceptor, BindFault, type Client, type UdpSocket, type UnixPath } from '../host.ts';
import { type Bench, check, Near, reader, stretch } from './bench.ts';
import type { FarTcp } from './under-test.ts';

const MANY = 200;
const IN_A_ROW = 1_000;
const LOOPBACK = 0x7f00_0001;
/** TEST-NET-1 of RFC 5737: nobody has it. */
const NOT_OURS = 0xc000_0201 | 0;
/** What a path has for an address. */
const NOWHERE = '0.0.0.0:0';

/** Somebody who accepts, and what he has seen. */
class Door {
  readonly said: string[] = [];
  readonly at: Endpoint = new Endpoint();
  readonly nears: { readonly near: Near; readonly from: string }[] = [];
  taking: boolean = true;
  readonly #t: Bench;
  readonly #acceptor: Acceptor;
  #closed: boolean = false;

  /** On a port of this machine, or at a path. */
  constructor(t: Bench, where: number | UnixPath = 0) {
    this.#t = t;
    const lent = Endpoint.of4(LOOPBACK, typeof where === 'number' ? where : 0);
    this.#acceptor = t.call(() =>
      t.under.host.accept(typeof where === 'number' ? lent : where, {
        bound: (at, now) => {
          this.#say('bound', now);
          this.at.set(at);
        },
        unbound: (why, now) => this.#say(`unbound ${why}`, now),
        accepted: (client, now) => this.#accepted(client, now),
      }),
    );
    lent.set4(-1, 1);
  }

  static async open(t: Bench): Promise<Door> {
    const door = new Door(t);
    await t.until('bound', () => door.said.length > 0);
    check(door.said.join() === 'bound' && door.at.port > 0 && door.at.ip4 === LOOPBACK, `${door.said} ${door.at}`);
    return door;
  }

  static async openAt(t: Bench, path: UnixPath): Promise<Door> {
    const door = new Door(t, path);
    await t.until('bound', () => door.said.length > 0);
    check(door.said.join() === 'bound' && `${door.at}` === NOWHERE, `${door.said} ${door.at}`);
    return door;
  }

  /** The first connection that came. */
  async first(): Promise<{ readonly near: Near; readonly from: string }> {
    await this.#t.until('accepted', () => this.nears.length > 0);
    return this.nears[0]!;
  }

  close(): void {
    this.#closed = true;
    this.#t.call(() => this.#acceptor.close());
  }

  #accepted(client: Client, now: number): void {
    this.#t.event('accepted', now, this.#closed);
    const from = client.from.toString();
    if (this.taking) this.nears.push({ near: new Near(this.#t, (events) => client.take(events)), from });
  }

  #say(word: string, now: number): void {
    this.#t.event(word, now, this.#closed);
    this.said.push(word);
  }
}

const TAKING: Record<string, (t: Bench) => Promise<void>> = {
  'accepts, says who it is, and carries both ways': async (t) => {
    const door = await Door.open(t);
    const { far, from } = await t.under.dial(door.at);
    far.write(stretch(2, 0, 300_000)); // before anybody has asked for it
    const { near, from: seen } = await door.first();
    check(seen === from.toString(), `from ${seen}, not ${from}`);
    check([null, door.at.toString()].includes(near.name()), `its own end is ${near.name()}, not ${door.at}`);
    const sink = reader(far);
    near.push(300_000);
    await t.until('all is across', () => sink.count >= 300_000 && near.sink.count >= 300_000);
    sink.checkWhole(300_000);
    near.sink.checkWhole(300_000);
    far.end();
    await t.until('END', () => near.ends > 0);
    near.end('finish');
    await t.until('the FIN', () => far.ended);
    near.end('close');
    check(near.said.length === 0, `an open connection said ${near.said}`);
  },

  'resets whom nobody takes': async (t) => {
    const door = await Door.open(t);
    door.taking = false;
    const { far } = await t.under.dial(door.at);
    reader(far);
    await t.until('the far side is reset', () => far.lost);
  },

  'resets by abort(), as soon as it was taken': async (t) => {
    const door = await Door.open(t);
    const { far } = await t.under.dial(door.at);
    reader(far);
    (await door.first()).near.end('abort');
    await t.until('the far side is reset', () => far.lost);
  },

  'says that a port is in use': async (t) => {
    const door = await Door.open(t);
    const second = new Door(t, door.at.port);
    await t.until('unbound', () => second.said.length > 0);
    await t.under.settle();
    check(second.said.join() === `unbound ${BindFault.IN_USE}`, `said ${second.said}`);
  },

  'accepts nobody after close(), and goes on with whom it has': async (t) => {
    const door = await Door.open(t);
    const { far } = await t.under.dial(door.at);
    await t.until('accepted', () => door.nears.length > 0);
    door.close();
    await t.under.settle();
    const again = new Door(t, door.at.port);
    await t.until('bound again', () => again.said.length > 0);
    check(again.said.join() === 'bound', `the port is not free: ${again.said}`);
    const sink = reader(far);
    door.nears[0]!.near.push(1_000);
    await t.until('all is across', () => sink.count >= 1_000);
    sink.checkWhole(1_000);
  },

  [`accepts ${MANY} at once, and keeps them apart`]: async (t) => {
    const door = await Door.open(t);
    const fars = await Promise.all(Array.from({ length: MANY }, () => t.under.dial(door.at)));
    for (const [i, { far }] of fars.entries()) far.write(stretch(2, 0, i + 1));
    const total = (MANY * (MANY + 1)) / 2;
    await t.until('all were read', () => door.nears.reduce((sum, { near }) => sum + near.sink.count, 0) === total);
    const byName = new Map(door.nears.map(({ near, from }) => [from, near.sink]));
    for (const [i, { from }] of fars.entries()) byName.get(from.toString())!.checkWhole(i + 1);
  },

  [`accepts ${IN_A_ROW} in a row, each of which ends in order`]: async (t) => {
    const door = await Door.open(t);
    for (let i = 0; i < IN_A_ROW; i++) {
      const { far } = await t.under.dial(door.at);
      const sink = reader(far);
      far.write(stretch(2, 0, 10));
      far.end();
      await t.until(`client ${i}`, () => door.nears.length > i && door.nears[i]!.near.ends === 1);
      const { near } = door.nears[i]!;
      near.sink.checkWhole(10);
      near.push(10);
      near.end('finish');
      near.end('close');
      await t.until(`the end of client ${i}`, () => far.ended);
      sink.checkWhole(10);
    }
  },

  'each direction of what it accepted ends by itself': async (t) => {
    const door = await Door.open(t);
    const [a, b] = [await t.under.dial(door.at), await t.under.dial(door.at)];
    await t.until('both are accepted', () => door.nears.length === 2);
    const [one, two] = [a, b].map(({ from }) => door.nears.find((n) => n.from === `${from}`)!.near);
    a.far.end();
    await t.until('END', () => one!.ends === 1);
    await carriesUp(t, one!, a.far);
    two!.end('finish');
    const sink = reader(b.far);
    await t.until('the FIN', () => b.far.ended);
    b.far.write(stretch(2, 0, 300_000));
    await t.until('all is down', () => two!.sink.count >= 300_000);
    two!.sink.checkWhole(300_000);
    sink.checkWhole(0);
  },

  'says that an address is none of its own': async (t) => {
    const said: string[] = [];
    t.call(() =>
      t.under.host.accept(Endpoint.of4(NOT_OURS), {
        bound: () => said.push('bound'),
        unbound: (why) => said.push(`unbound ${why}`),
        accepted: () => {},
      }),
    );
    await t.until('unbound', () => said.length > 0);
    check(said.join() === `unbound ${BindFault.NOT_LOCAL}`, `said ${said}`);
  },

  'says nothing after close(), not even whether it had the port': async (t) => {
    const door = await Door.open(t);
    for (const where of [0, door.at.port]) {
      const other = new Door(t, where);
      other.close();
      other.close();
      await t.under.settle();
      check(other.said.length === 0, `said ${other.said}`);
    }
  },
};

const AT_A_PATH: typeof TAKING = {
  'accepts at a path, whoever it is, and carries both ways': async (t) => {
    const path = await t.under.path();
    const door = await Door.openAt(t, path);
    const { far } = await t.under.dial(path);
    far.write(stretch(2, 0, 300_000));
    const { near, from } = await door.first();
    check(from === NOWHERE && near.name() === null, `from ${from} to ${near.name()}`);
    await t.until('all is down', () => near.sink.count >= 300_000);
    near.sink.checkWhole(300_000);
    far.end();
    await t.until('END', () => near.ends > 0);
    await carriesUp(t, near, far);
    near.end('finish');
    await t.until('the end', () => far.ended);
    near.end('close');
    check(near.said.length === 0, `said ${near.said}`);
  },

  'takes no path that is there, and leaves its own free': async (t) => {
    const path = await t.under.path();
    const door = await Door.openAt(t, path);
    const second = new Door(t, path);
    await t.until('unbound', () => second.said.length > 0);
    check(second.said.join() === `unbound ${BindFault.IN_USE}`, `said ${second.said}`);
    const { far } = await t.under.dial(path); // the first one is not disturbed
    await door.first();
    door.close();
    await t.under.settle();
    await Door.openAt(t, path);
    check(!far.ended && !far.lost, 'who had come lives on');
  },

  'says that a path cannot be': async (t) => {
    const { path } = await t.under.path();
    for (const wrong of [`${path}/below`, path + 'x'.repeat(200), '', '\0abstract']) {
      const door = new Door(t, { path: wrong });
      await t.until('unbound', () => door.said.length > 0);
      check(door.said.join() === `unbound ${BindFault.NOT_LOCAL}`, `${JSON.stringify(wrong)}: said ${door.said}`);
    }
  },

  'sends whom nobody takes at a path away': async (t) => {
    const path = await t.under.path();
    const door = await Door.openAt(t, path);
    door.taking = false;
    const { far } = await t.under.dial(path);
    reader(far);
    await t.until('the far side knows', () => far.lost || far.ended);
    door.taking = true;
    const { far: other } = await t.under.dial(path);
    reader(other);
    (await door.first()).near.end('abort');
    await t.until('the other one knows', () => other.lost || other.ended);
  },
};

const AT_A_PORT: typeof TAKING = {
  'a UDP socket at a port: hears and answers, and says when it cannot be had': async (t) => {
    const at = new Endpoint();
    const heard: string[] = [];
    const said: string[] = [];
    const open = (port: number, answers: boolean): UdpSocket =>
      t.call(() =>
        t.under.host.udpAt(Endpoint.of4(LOOPBACK, port), {
          bound: (where, now) => {
            t.event('bound', now, false);
            if (answers) at.set(where);
            said.push('bound');
          },
          unbound: (why, now) => {
            t.event('unbound', now, false);
            said.push(`unbound ${why}`);
          },
          received: (from, b, start, end, now) => {
            t.event('received', now, false);
            heard.push(from.toString());
            t.call(() => socket.send(from, 64, b, start, end));
          },
          undeliverable: () => {},
        }),
      );
    const socket = open(0, true);
    await t.until('bound', () => said.length > 0);
    const far = await t.under.datagrams();
    far.send(at, Uint8Array.of(1, 2, 3));
    await t.until('answered', () => far.received.length > 0);
    check(heard[0] === far.at.toString(), `from ${heard[0]}, not ${far.at}`);
    check(far.received[0]!.from.port === at.port, 'from another port');
    open(at.port, false);
    await t.until('unbound', () => said.length > 1);
    check(said[1] === `unbound ${BindFault.IN_USE}`, `said ${said}`);
    for (const port of [0, at.port]) {
      const closed = open(port, false);
      t.call(() => closed.close());
    }
    await t.under.settle();
    check(said.length === 2, `said ${said} after close()`);
    t.call(() => socket.close());
  },
};

export const ACCEPTING: typeof TAKING = { ...TAKING, ...AT_A_PATH, ...AT_A_PORT };

/** The near direction is open still. */
async function carriesUp(t: Bench, near: Near, far: FarTcp): Promise<void> {
  const sink = reader(far);
  near.push(300_000);
  await t.until('all is up', () => sink.count >= 300_000);
  sink.checkWhole(300_000);
}
