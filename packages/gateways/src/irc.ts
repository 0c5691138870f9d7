// The guest on IRC, and its direct connections to others there (DCC, "a description of the DCC protocol", 1994).
//
//   CHAT, SEND, MOVE   "call me there": the host waits there instead, for whoever comes first, and the guest is called
//   RESUME, ACCEPT     are about an offer, which they name by its port: the guest's inside, the host's outside
//   from others        who is on this very machine says its loopback: the guest goes to the gateway's address
//
// An offer with port 0 asks the other side to wait (and to answer with an offer of its own): nothing to do.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Connection } from './connection.ts';
import { isGuests, loopbackAsSeen } from './connection.ts';
import type { Expectation } from './expectations.ts';
import type { LineEditor } from './line-filter.ts';
import { mayBegin } from './prefixes.ts';
import type { Session } from './watched-socket.ts';

/** Offers of one guest at once; the oldest makes room. */
const MOST_OFFERS = 16;
const MOST_PORT = 0xffff;
/** RFC 1459 2.3.1, with the tags of IRCv3 before it. */
const MESSAGE = /^(?:[@:]\S+ +)*PRIVMSG +\S+ +:?$/i;
/** What stands between two of these is not said, but meant for a program (CTCP). */
const MARK = '\x01';
const DCC = /^(DCC +)(.*)$/i;
const OFFER = /^((?:CHAT|SEND|MOVE) +(?:"[^"]*"|\S+) +)([0-9A-Fa-f.:]+) +(\d{1,5})( .*)?$/i;
const ABOUT = /^((?:RESUME|ACCEPT) +(?:"[^"]*"|\S+) +)(\d{1,5})( .*)?$/i;
const STARTS = ['PRIVMSG ', '@', ':'] as const;

export function irc(connection: Connection): Session {
  const offers = new Offers();
  return {
    up: editor((what, settle) => fromGuest(connection, offers, what, settle)),
    down: editor((what, settle) => settle(toGuest(connection, offers, what))),
    ended: () => {}, // who was offered something may still come for it
  };
}

/** The ports of what the guest has offered. */
class Offers {
  readonly #all: { readonly guest: number; readonly host: number; readonly expectation: Expectation }[] = [];

  add(guest: number, host: number, expectation: Expectation): void {
    this.#all.push({ guest, host, expectation });
    if (this.#all.length > MOST_OFFERS) this.#all.shift()!.expectation.close();
  }

  hostOf(port: number): number {
    return this.#all.findLast(({ guest }) => guest === port)?.host ?? port;
  }

  guestOf(port: number): number {
    return this.#all.findLast(({ host }) => host === port)?.guest ?? port;
  }
}

type Settle = (what: string | null) => void;

/** Edits what stands between DCC and the end of it. */
function editor(edit: (what: string, settle: Settle) => void): LineEditor {
  return {
    mayConcern: (b, size) => mayBegin(STARTS, b, size),
    edit(line, settle) {
      const [before = '', meant = '', ...behind] = line.split(MARK);
      const [, verb, what] = DCC.exec(meant) ?? [];
      if (what === undefined || !MESSAGE.test(before)) settle(null);
      else edit(what, (said) => settle(said === null ? null : [before, `${verb}${said}`, ...behind].join(MARK)));
    },
  };
}

function fromGuest(connection: Connection, offers: Offers, what: string, settle: Settle): void {
  const about = ABOUT.exec(what);
  if (about !== null) {
    settle(`${about[1]}${offers.hostOf(Number(about[2]))}${about[3] ?? ''}`);
    return;
  }
  const offer = parseOffer(what);
  const near = connection.near();
  if (offer === null || near === null || near.is4 !== offer.place.is4 || !isGuests(connection, offer.place)) {
    settle(null);
    return;
  }
  const { place, naming } = offer;
  const expectation = connection.expectations.expect({ at: near, guest: place, from: null }, (host) => {
    if (host !== null) offers.add(place.port, host.port, expectation);
    settle(host === null ? null : naming(host));
  });
}

function toGuest(connection: Connection, offers: Offers, what: string): string | null {
  const about = ABOUT.exec(what);
  if (about !== null) return `${about[1]}${offers.guestOf(Number(about[2]))}${about[3] ?? ''}`;
  const offer = parseOffer(what);
  return offer !== null && loopbackAsSeen(connection, offer.place) ? offer.naming(offer.place) : null;
}

function parseOffer(what: string): { place: Endpoint; naming: (e: Endpoint) => string } | null {
  const [, before, address, port, behind = ''] = OFFER.exec(what) ?? [];
  if (address === undefined || Number(port) > MOST_PORT) return null;
  const isNumber = /^\d+$/.test(address);
  const place = isNumber ? fromNumber(address, Number(port)) : Endpoint.parse(address, Number(port));
  if (place === null) return null;
  return { place, naming: (e) => `${before}${isNumber ? e.ip4 >>> 0 : e.address()} ${e.port}${behind}` };
}

/** An IPv4 address as one number. */
function fromNumber(digits: string, port: number): Endpoint | null {
  const ip = Number(digits);
  return ip <= 0xffff_ffff ? Endpoint.of4(ip, port) : null;
}
