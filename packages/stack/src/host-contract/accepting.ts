// The cases of what comes from outside: accept() and udpAt().
import { Endpoint } from '../endpoint.ts';
import { type Acceptor, BindFault, type Client, type UdpSocket } from '../host.ts';
import { type Bench, check, Near, reader, stretch } from './bench.ts';

const MANY = 200;
const LOOPBACK = 0x7f00_0001;

/** Somebody who accepts, and what he has seen. */
class Door {
  readonly said: string[] = [];
  readonly at: Endpoint = new Endpoint();
  readonly nears: { readonly near: Near; readonly from: string }[] = [];
  taking: boolean = true;
  readonly #t: Bench;
  readonly #acceptor: Acceptor;
  #closed: boolean = false;

  constructor(t: Bench, port: number = 0) {
    this.#t = t;
    const lent = Endpoint.of4(LOOPBACK, port);
    this.#acceptor = t.call(() =>
      t.under.host.accept(lent, {
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

export const ACCEPTING: Record<string, (t: Bench) => Promise<void>> = {
  'accepts, says who it is, and carries both ways': async (t) => {
    const door = await Door.open(t);
    const { far, from } = await t.under.dial(door.at);
    far.write(stretch(2, 0, 300_000)); // before anybody has asked for it
    await t.until('accepted', () => door.nears.length > 0);
    const { near, from: seen } = door.nears[0]!;
    check(seen === from.toString(), `from ${seen}, not ${from}`);
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
    await t.until('accepted', () => door.nears.length > 0);
    door.nears[0]!.near.end('abort');
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
    t.call(() => socket.close());
  },
};
