// The guest as an FTP server behind a forward, on the control connection (RFC 959).
//
//   227, 229     "come there": the host waits there instead, for this client alone, and the guest is called
//   PORT, EPRT   a client on this very machine says its loopback: the guest goes to the gateway's address
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { Connection } from '../connection.ts';
import { isGuests, loopbackAsSeen } from '../connection.ts';
import type { Expectation } from '../expectations.ts';
import type { LineEditor } from '../line-filter.ts';
import { mayBegin } from '../prefixes.ts';
import type { Session } from '../watched-socket.ts';
import { placeIn227, placeInCommand, portIn229, with227, with229 } from './places.ts';

export function ftpServer(connection: Connection): Session {
  let expected: Expectation | null = null;
  const up: LineEditor = {
    mayConcern: (b, size) => mayBegin(['227 ', '229 '], b, size),
    edit(line, settle) {
      const isExtended = line.startsWith('229');
      const place = isExtended ? placeIn229(connection, line) : placeIn227(line);
      const near = connection.near();
      const canSay = isExtended || near?.is4 === true; // 227 has no way to name an IPv6 address
      if (place === null || near === null || !canSay || !isGuests(connection, place)) {
        settle(null);
        return;
      }
      expected?.close();
      expected = connection.expectations.expect({ at: near, guest: place, from: connection.far }, (host) => {
        if (host === null) settle(null);
        else settle(isExtended ? with229(line, host.port) : with227(line, host));
      });
    },
  };
  const down: LineEditor = {
    mayConcern: (b, size) => mayBegin(['PORT ', 'EPRT '], b, size),
    edit(line, settle) {
      const named = placeInCommand(line);
      settle(named !== null && loopbackAsSeen(connection, named.place) ? named.naming(named.place) : null);
    },
  };
  return { up, down, ended: () => expected?.close() };
}

/** RFC 2428 3: at the address of the control connection. */
function placeIn229({ guest }: Connection, line: string): Endpoint | null {
  const port = portIn229(line);
  const place = guest.copy();
  if (port === null) return null;
  place.port = port;
  return place;
}
