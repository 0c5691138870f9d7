// The guest as an FTP client, on the control connection (RFC 959).
//
//   PORT, EPRT   "call me there": the host waits there instead, for the server alone, and the guest is called
//   227          a server on this very machine says its loopback: the guest goes to the gateway's address
//   229          names no address: nothing to do
import type { Connection } from '../connection.ts';
import { isGuests, loopbackAsSeen } from '../connection.ts';
import type { Expectation } from '../expectations.ts';
import type { LineEditor } from '../line-filter.ts';
import { mayBegin } from '../prefixes.ts';
import type { Session } from '../watched-socket.ts';
import { placeIn227, placeInCommand, with227 } from './places.ts';

export function ftpClient(connection: Connection): Session {
  let expected: Expectation | null = null;
  const up: LineEditor = {
    mayConcern: (b, size) => mayBegin(['PORT ', 'EPRT '], b, size),
    edit(line, settle) {
      const named = placeInCommand(line);
      const near = connection.near();
      if (named === null || near === null || near.is4 !== named.place.is4 || !isGuests(connection, named.place)) {
        settle(null);
        return;
      }
      expected?.close(); // RFC 959 4.1.2: the last one counts
      expected = connection.expectations.expect({ at: near, guest: named.place, from: connection.far }, (host) =>
        settle(host === null ? null : named.naming(host)),
      );
    },
  };
  const down: LineEditor = {
    mayConcern: (b, size) => mayBegin(['227 '], b, size),
    edit(line, settle) {
      const place = placeIn227(line);
      settle(place !== null && loopbackAsSeen(connection, place) ? with227(line, place) : null);
    },
  };
  return { up, down, ended: () => expected?.close() };
}
