// Guests on cables other than standard input and output: the doors they come through, the places the network goes to, and
// the relay behind them all. Sockets of Node, in this thread.
import type { Socket } from 'node:net';
import { type Link, Slabs } from '@reslirp/link';
import {
  type Counters,
  type Ending,
  type GuestPort,
  type Log,
  Networks,
  type Origin,
  Relay,
  type Running,
  showOnSignal,
} from '@reslirp/runtime';
import { datagrams, qemuLink } from '@reslirp/transport-qemu';
import { dial, formatPlace, open, socketLink } from '@reslirp/transport-stream';
import { plugIn } from '@reslirp/transport-vde';
import { openWs } from '@reslirp/transport-ws/server';
import { openApi } from './api.ts';
import { type CableSettings, inClear, isDialled } from './cable-settings.ts';
import { establish } from './forwards.ts';
import { longestFrame } from './longest-frame.ts';
import type { PlaceWay, VdeWay, Way } from './options/cables.ts';
import { Refusals } from './refusals.ts';
import type { Settings } from './settings.ts';

/** Between two attempts to reach a guest that listens, milliseconds. */
const AGAIN = 1_000;

/** What can be closed, when the end has come. */
interface Closable {
  close(): void;
}

/** Serves guests on all ways, until `ending` says so, or none is left. Rejects, in one line, when one cannot be opened. */
export async function serveCables(settings: Settings, cables: CableSettings, log: Log, ending: Ending): Promise<void> {
  const all = new Cables(settings, cables, log, ending);
  ending.onEnd = () => all.close();
  await openApi(settings.api, all.networks, log);
  for (const place of inClear(cables)) {
    log.warn(`${formatPlace(place)}: without --tls-cert, token and frames can be read on their way`);
  }
  for (const way of cables.ways) await all.begin(way);
}

class Cables {
  readonly networks: Networks;
  readonly #settings: Settings;
  readonly #cables: CableSettings;
  readonly #log: Log;
  readonly #ending: Ending;
  readonly #relay: Relay;
  readonly #refusals: Refusals;
  /** Of all cables that are streams. */
  readonly #slabs: Slabs = new Slabs();
  readonly #open: Set<Closable> = new Set();
  /** Ways that guests still come by. */
  #left: number;
  #over: boolean = false;
  #releaseForwards: () => void = () => {};

  constructor(settings: Settings, cables: CableSettings, log: Log, ending: Ending) {
    this.#settings = settings;
    this.#cables = cables;
    this.#log = log;
    this.#ending = ending;
    this.networks = new Networks(settings, settings);
    const begun = (network: Running, guests: () => readonly GuestPort[]): void => this.#begun(network, guests);
    const { maxGuests: most, shared, keep } = cables;
    this.#relay = new Relay({ settings, log, most, shared, keep, begun });
    this.#refusals = new Refusals(log);
    const counters = (): Counters => ({ ...this.#relay.stats(), refused: this.#refusals.count });
    this.networks.count('relay', counters);
    showOnSignal(
      log,
      async () => this.#relay.snapshots(),
      () => ({ relay: counters() }),
    );
    this.#left = cables.ways.length;
  }

  async begin(way: Way): Promise<void> {
    if (way.kind === 'vde') await this.#plug(way);
    else if (way.kind === 'seqpacket') throw new Error(`seqpacket:${way.path}: Node has no sockets of packets`);
    else if (isDialled(way)) await this.#dial(way);
    else if (way.kind === 'ws') await this.#webSockets(way);
    else if (way.kind === 'qemu' && way.how === 'udp') await this.#datagrams(way);
    else await this.#listen(way);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    for (const thing of this.#open) thing.close();
    this.#releaseForwards();
    this.#relay.close();
    this.#refusals.close();
  }

  /** Settings see to it that there is one at a time where there are forwards. */
  #begun(network: Running, guests: () => readonly GuestPort[]): void {
    this.#releaseForwards();
    const { forwards } = this.networks.begin(network, guests);
    establish(this.#settings, forwards, this.#log).then(
      (release) => {
        this.#releaseForwards = release;
        if (this.#over) release();
      },
      (error: Error) => this.#ending.cableEnded(error.message),
    );
  }

  async #listen(way: PlaceWay): Promise<void> {
    const { token, tls } = this.#cables;
    const own = way.kind === 'listen';
    const door = await open({
      place: way.place,
      ...(own && token !== null ? { token } : {}),
      ...(own && tls !== null ? { tls } : {}),
      guest: (socket, name) => this.#arrived(way, this.#linkOf(way, socket), name),
      refused: (name, why) => this.#refusals.add(name, why),
    });
    this.#keep(door);
    this.#log.info(`${optionOf(way)}: guests come to ${formatPlace(door.place)}`);
  }

  async #webSockets(way: PlaceWay): Promise<void> {
    const { place } = way;
    const { token, tls, origins, maxGuests } = this.#cables;
    const door = await openWs({
      place,
      ...(token === null ? {} : { token }),
      ...(tls === null ? {} : { tls }),
      ...(origins === null ? {} : { origins }),
      mtu: this.#settings.network.mtu,
      maxFrame: longestFrame(this.#settings.network),
      most: maxGuests,
      guest: (link, name) => this.#arrived(way, link, name),
      refused: (name, why) => this.#refusals.add(name, why),
    });
    this.#keep(door);
    this.#log.info(`--ws: guests come to ${formatPlace(door.place)}${tls === null ? '' : ' with TLS'}`);
  }

  #arrived(way: Way, link: Link, name: string): void {
    const origin: Origin = { way, alone: false };
    if (this.#relay.join(link, name, () => {}, origin))
      this.#log.info(`${name}: a guest, one of ${this.#relay.guests}`);
    else this.#refusals.add(name, `too many guests: --max-guests is ${this.#cables.maxGuests}`);
  }

  async #datagrams({ place }: PlaceWay): Promise<void> {
    const cable = await datagrams({
      place,
      mtu: this.#settings.network.mtu,
      maxFrame: longestFrame(this.#settings.network),
    });
    const where = formatPlace(cable.place);
    this.#relay.join(cable.link, `udp ${where}`, (error) => this.#gone(error));
    this.#log.info(`--qemu: datagrams come to ${where}`);
  }

  /** Goes to a guest that listens. The first time it is an error when nobody is there, unless it is to be tried for ever. */
  async #dial(way: PlaceWay): Promise<void> {
    const { token, dialTls, reconnect } = this.#cables;
    const own = way.kind === 'reverse';
    try {
      const socket = await dial({
        place: way.place,
        ...(own && token !== null ? { token } : {}),
        ...(own && dialTls !== null ? { tls: dialTls } : {}),
      });
      if (this.#over) socket.destroy();
      else this.#reached(way, socket);
    } catch (error) {
      if (!reconnect) throw error;
      this.#log.info(`${(error as Error).message}; it is tried again`);
      this.#later(way);
    }
  }

  #reached(way: PlaceWay, socket: Socket): void {
    const name = formatPlace(way.place);
    const link = this.#linkOf(way, socket);
    this.#log.info(`${name}: reached`);
    const left = (error: Error | null): void => {
      if (this.#cables.reconnect && !this.#over) this.#later(way);
      else this.#gone(error);
    };
    const joined = this.#relay.join(link, name, left, this.#cables.reconnect ? { way, alone: true } : null);
    if (!joined) this.#gone(new Error(`${name}: too many guests: --max-guests is ${this.#cables.maxGuests}`));
  }

  /** By a child process: for where there are no system calls, and for several cables. */
  async #plug(way: VdeWay): Promise<void> {
    const { text } = way.url;
    const { mtu } = this.#settings.network;
    const maxFrame = longestFrame(this.#settings.network);
    const { link, ended } = await plugIn(way.url, { mtu, maxFrame }).catch((error: Error) => {
      throw new Error(`${text}: ${error.message}`);
    });
    const left = (): void => {
      void ended.then((why) => {
        if (this.#cables.reconnect) this.#later(way);
        else this.#gone(new Error(`${text}: ${why}`));
      });
    };
    this.#relay.join(link, text, left, this.#cables.reconnect ? { way, alone: true } : null);
    this.#log.info(`${text}: by vde_plug`);
  }

  #later(way: Way): void {
    if (this.#over) return;
    const timer = setTimeout(() => {
      this.#open.delete(wait);
      this.begin(way).catch((error: Error) => this.#gone(error));
    }, AGAIN);
    const wait = { close: () => clearTimeout(timer) };
    this.#open.add(wait);
  }

  /** A way has ended. With the last one, so does the program. */
  #gone(error: Error | null): void {
    this.#left--;
    if (this.#left === 0) this.#ending.cableEnded(error === null ? null : error.message);
    else if (error !== null) this.#log.error(error.message);
  }

  #linkOf(way: PlaceWay, socket: Socket): Link {
    const { mtu } = this.#settings.network;
    const slabs = this.#slabs;
    if (way.kind === 'qemu') return qemuLink(socket, { mtu, slabs });
    return socketLink(socket, {
      mtu,
      slabs,
      maxFrame: longestFrame(this.#settings.network),
      framing: this.#cables.framing,
    });
  }

  #keep(door: Closable): void {
    if (this.#over) door.close();
    else this.#open.add(door);
  }
}

function optionOf(way: PlaceWay): string {
  return `--${way.kind}`;
}
