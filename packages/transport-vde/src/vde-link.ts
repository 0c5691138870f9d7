// A plug in a switch. It asks on the switch's stream socket for a port, and is told where that is (request.ts); then frames pass in
// datagrams, and the stream socket stays open for as long as the plug is in.
import { basename } from 'node:path';
import { Epoll, errorName, libc, Message, Region, unixConnect } from '@reslirp/syscall';
import { type DataSocket, dataSocket, forget } from './data-socket.ts';
import { PacketLink, type PacketLinkOptions } from './packet-link.ts';
import { reach } from './reach.ts';
import { ANSWER_SIZE, answered, request } from './request.ts';
import type { SwitchName } from './url.ts';

/** How long a switch may take to answer, milliseconds. */
const PATIENCE = 5_000;
/** Between two attempts, milliseconds. */
const AGAIN = 1_000;
/** Bytes that are read at once of what a switch says after its answer: nothing of it is meant for us. */
const IDLE = 256;

export interface VdeLinkOptions extends PacketLinkOptions {
  readonly place: SwitchName;
  /** Joins again, for ever, a switch that has gone or is not there yet; what flows then goes on. False. */
  readonly reconnect?: boolean;
  /** How long a switch may take to answer, milliseconds: 5,000. */
  readonly patience?: number;
  /** What happens, in one line. */
  readonly told?: (text: string) => void;
}

/** What there is while the switch has not answered. */
interface Asked {
  readonly socket: DataSocket;
  readonly answer: Region;
  size: number;
}

/**
 * A link to a switch, which joins in the loop's next turn. It ends with an error when it cannot, and with null when the switch has
 * gone; with `reconnect` it does not end.
 */
export class VdeLink extends PacketLink {
  readonly #options: VdeLinkOptions;
  readonly #idle: Region = new Region(IDLE);
  readonly #stopTurns: () => void;
  #control: number = -1;
  #asked: Asked | null = null;
  /** When to give up waiting, or to try again, on the loop's clock. */
  #at: number = Infinity;
  #complaint: string = '';
  #released: boolean = false;

  constructor(options: VdeLinkOptions) {
    super(options);
    this.#options = options;
    this.#stopTurns = this.loop.onTurnEnd((now) => {
      if (now >= this.#at) this.#due();
      return this.#at;
    });
    this.loop.defer(() => this.#join());
  }

  /** The stream socket says it. */
  protected override unplugged(): void {}

  protected override release(): void {
    this.#released = true;
    this.#stopTurns();
    this.#leave();
  }

  #due(): void {
    if (this.#asked === null) this.#join();
    else
      this.#fail(
        `the switch does not answer${typeof this.#options.place.port === 'number' ? '; has it such a port?' : ''}`,
      );
  }

  #join(): void {
    this.#at = Infinity;
    if (this.#released) return;
    const { place, patience = PATIENCE } = this.#options;
    const reached = reach(place);
    if (typeof reached === 'string') {
      this.#fail(reached);
      return;
    }
    this.#control = reached.control;
    const socket = dataSocket(reached.directory, reached.name);
    if (typeof socket === 'number') {
      this.#fail(`there is no place for our socket: ${errorName(socket)}`);
      return;
    }
    this.#asked = { socket, answer: new Region(ANSWER_SIZE), size: 0 };
    this.loop.add(this.#control, Epoll.IN | Epoll.RDHUP, { ready: () => this.#heard() });
    this.#say(request(socket.path, typeof place.port === 'number' ? place.port : null, description()));
    this.#at = this.loop.now() + patience;
  }

  /** In vain when the switch hangs up, which is heard. */
  #say(b: Uint8Array): void {
    const region = new Region(b.length);
    region.bytes.set(b);
    libc.send(this.#control, region.address, b.length, Message.NOSIGNAL);
  }

  #heard(): void {
    const asked = this.#asked;
    const into = asked === null ? this.#idle.address : asked.answer.address + asked.size;
    const n = libc.recv(this.#control, into, asked === null ? IDLE : ANSWER_SIZE - asked.size, Message.DONTWAIT);
    if (n <= 0) this.#hungUp(asked !== null);
    else if (asked !== null) {
      asked.size += n;
      if (asked.size === ANSWER_SIZE) this.#joined(asked);
    }
  }

  #joined({ socket, answer }: Asked): void {
    const path = answered(answer.bytes);
    if (path === null) {
      this.#fail('what answers is not a switch');
      return;
    }
    const result = unixConnect(socket.fd, path);
    if (result < 0) {
      this.#fail(`its port at '${path}' cannot be used: ${errorName(result)}`);
      return;
    }
    forget(socket.path); // each knows the other by now
    this.#asked = null;
    this.#at = Infinity;
    this.#complaint = '';
    this.#tell(`joined, at port ${Number.parseInt(basename(path), 10)}`);
    this.attach(socket.fd);
  }

  #hungUp(unanswered: boolean): void {
    if (unanswered) {
      const { port } = this.#options.place;
      const which = typeof port === 'number' ? `port ${port}` : 'a port';
      this.#fail(`the switch does not give us ${which}`);
      return;
    }
    this.drain();
    this.#leave();
    if (this.#options.reconnect !== true) {
      this.ended(null);
      return;
    }
    this.#tell('the switch has gone; it is tried again');
    this.#later();
  }

  #fail(why: string): void {
    this.#leave();
    if (this.#options.reconnect !== true) {
      this.ended(new Error(why));
      return;
    }
    if (why !== this.#complaint) this.#tell(`${why}; it is tried again`);
    this.#complaint = why;
    this.#later();
  }

  #later(): void {
    if (!this.#released) this.#at = this.loop.now() + AGAIN;
  }

  /** Closes everything. */
  #leave(): void {
    if (this.#control >= 0) {
      this.loop.remove(this.#control);
      libc.close(this.#control);
    }
    if (this.#asked !== null) {
      libc.close(this.#asked.socket.fd);
      forget(this.#asked.socket.path);
    }
    this.#control = -1;
    this.#asked = null;
    this.#at = Infinity;
    this.detach();
  }

  #tell(text: string): void {
    this.#options.told?.(text);
  }
}

/** What the switch lists us by. */
function description(): string {
  return `reslirp: uid=${process.geteuid?.()} pid=${process.pid}`;
}
