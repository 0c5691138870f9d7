// Who owns a connection (RFC 1413): "port on the one who is asked, port on the one who asks". Both are of a connection between
// the two, of which one end is the guest's; the outside knows that end by a port of the host.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Connection } from './connection.ts';
import type { LineEditor } from './line-filter.ts';
import type { Session } from './watched-socket.ts';

/** Questions on one connection: each looks through the flows. Those beyond go as they are. */
const MOST = 16;
const MOST_PORT = 0xffff;
const PAIR = /^(\s*)(\d{1,5})(\s*,\s*)(\d{1,5})(?=\s*(?::|$))/;

/** The guest asks: the second port is its own. */
export function identClient(connection: Connection): Session {
  const { guest, remote } = connection;
  const { net } = connection.expectations;
  return session('up', 1, (asked, own) => {
    const near = new Endpoint();
    return net.hostEnd({ guest: at(guest, own), remote: at(remote, asked) }, near) ? near.port : null;
  });
}

/** The guest is asked: the first port is its own, as the outside knows it. */
export function identServer(connection: Connection): Session {
  const { guest, remote } = connection;
  const { net } = connection.expectations;
  return session('down', 0, (own, asking) => {
    const found = new Endpoint();
    return net.guestBehind(at(remote, own), at(remote, asking), found) && found.sameAddress(guest) ? found.port : null;
  });
}

/** `question`: the way that it goes. `which`: of its two ports the one that `translate` gives another for, or null. */
function session(
  question: 'up' | 'down',
  which: 0 | 1,
  translate: (first: number, second: number) => number | null,
): Session {
  const answers = new Map<number, number>();
  let asked = 0;
  const questions = editor((ports) => {
    if (++asked > MOST) return;
    const own = ports[which];
    const other = translate(...ports);
    if (other === null) return;
    answers.set(other, own);
    ports[which] = other;
  });
  const replies = editor((ports) => {
    ports[which] = answers.get(ports[which]) ?? ports[which];
  });
  const [up, down] = question === 'up' ? [questions, replies] : [replies, questions];
  return { up, down, ended: () => {} };
}

function editor(change: (ports: [number, number]) => void): LineEditor {
  return {
    mayConcern: () => true,
    edit(line, settle) {
      const [pair, before, first, between, second] = PAIR.exec(line) ?? [];
      const ports: [number, number] = [Number(first), Number(second)];
      if (pair === undefined || Math.max(...ports) > MOST_PORT) {
        settle(null);
        return;
      }
      change(ports);
      settle(`${before}${ports[0]}${between}${ports[1]}${line.slice(pair.length)}`);
    },
  };
}

function at(e: Endpoint, port: number): Endpoint {
  const other = e.copy();
  other.port = port;
  return other;
}
