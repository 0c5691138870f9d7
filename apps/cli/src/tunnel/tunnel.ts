// `reslirp tunnel`: the network of another machine, where ssh is all there is; for this machine, or for one command.
import { lookup } from 'node:dns/promises';
import { Exit, type Log } from '@reslirp/runtime/plane';
import { inNamespaces, orderOf, type TapCarrier } from '../confined/confine.ts';
import { caller } from './caller.ts';
import { Line, type LineOptions } from './line.ts';
import { keepOutside, makeTap, type OwnTap, route } from './machine.ts';
import { checkNames, takeNames } from './names.ts';
import { peersOf } from './peers.ts';
import type { Plan } from './plan.ts';
import { askSsh, type SshSettings } from './ssh-settings.ts';
import { mendStale } from './stale.ts';
import { Undo } from './undo.ts';

type Who = Pick<LineOptions, 'plan' | 'caller' | 'settings' | 'log'>;

/** Resolves to the exit status of the program. */
export function tunnel(plan: Plan, log: Log): Promise<number> {
  const { carrier, command } = plan;
  const user = caller();
  const settings = carrier.kind === 'ssh' ? askSsh(carrier.command, carrier.host, user) : null;
  const who = { plan, caller: user, settings, log };
  return command === null ? onMachine(who) : forCommand(who, command);
}

/** The command begins when the connection is there. */
function forCommand(who: Who, command: readonly string[]): Promise<number> {
  const order = orderOf(command, who.plan.settings);
  const { resolvConf } = order;
  const own = { ...order, plain: true, resolvConf: who.plan.dns === 'off' ? null : resolvConf };
  return inNamespaces(own, lineCarrier(who), who.log);
}

function lineCarrier(who: Who): TapCarrier {
  let line: Line | null = null;
  return {
    ready: Promise.resolve(),
    close: () => line?.close(),
    carry: (tap, broken) =>
      new Promise((resolve, reject) => {
        const interrupted = (): void => reject(new Error('interrupted'));
        const failed = (error: string): void => {
          reject(new Error(error));
          broken(error); // once it is resolved, only this counts
        };
        const up = (): void => {
          process.off('SIGINT', interrupted);
          resolve();
        };
        process.on('SIGINT', interrupted);
        line = new Line({ ...who, tap, up, failed });
        line.connect();
      }),
  };
}

async function onMachine(who: Who): Promise<number> {
  const { network, nameserver } = who.plan.settings.network;
  checkNames(who.plan.dns, nameserver);
  mendStale();
  const order = { ...orderOf([], who.plan.settings), tap: who.plan.tap };
  const tap = makeTap(order, network);
  const machine = new Machine(who, tap, order);
  return machine.ended;
}

/** This machine while it has the tunnel. */
class Machine {
  /** Exit status. */
  readonly ended: Promise<number>;
  readonly #who: Who;
  readonly #tap: OwnTap;
  readonly #order: ReturnType<typeof orderOf>;
  readonly #undo: Undo = new Undo();
  readonly #line: Line;
  #end: (code: number) => void = () => {};
  #isRouted: boolean = false;
  #over: boolean = false;

  constructor(who: Who, tap: OwnTap, order: ReturnType<typeof orderOf>) {
    this.#who = who;
    this.#tap = tap;
    this.#order = order;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => void this.#leave(Exit.OK));
    this.#line = new Line({
      ...who,
      tap: tap.fd,
      up: () => void this.#up().catch((error: Error) => this.#failed(error.message)),
      failed: (error) => this.#failed(error),
    });
    this.#line.connect();
  }

  async #up(): Promise<void> {
    const { log } = this.#who;
    const { pid } = this.#line;
    const peers = pid === null ? [] : peersOf(pid);
    if (this.#isRouted) {
      keepOutside(this.#tap, peers);
      return;
    }
    const { plan, settings } = this.#who;
    const known = await addressesOf(settings);
    if (this.#over || this.#isRouted) return;
    this.#isRouted = true;
    this.#line.addresses = settings?.indirect === false ? known : [];
    const { routes, dns } = plan;
    const outside = [...new Set([...peers, ...known])];
    route({ tap: this.#tap, order: this.#order, routes, outside, undo: this.#undo });
    const { name } = this.#tap;
    if (dns !== 'off') takeNames({ dns, tap: name, nameserver: plan.settings.network.nameserver, undo: this.#undo });
    log.info(`${name}: ${routes.map(({ cidr }) => cidr).join(', ') || 'no routes'} by ${this.#order.address}`);
  }

  #failed(error: string): void {
    if (this.#over) return;
    this.#who.log.error(error);
    void this.#leave(Exit.FAILED);
  }

  /** A second signal finds no listener, and ends the process at once: the rest is undone all the same. */
  async #leave(code: number): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await Promise.all([this.#line.close(), this.#undo.finish()]);
    this.#end(code);
  }
}

/** All of the server, as they are now: afterwards its name may be one that only the tunnel knows. */
async function addressesOf(settings: SshSettings | null): Promise<readonly string[]> {
  if (settings === null || settings.indirect) return [];
  const found = await lookup(settings.host, { all: true }).catch(() => []);
  return found.map(({ address }) => address).filter((address) => !address.includes('%'));
}
