// The API socket: one request in JSON for each connection, one answer, and the end.
import { createServer, type Server, type Socket } from 'node:net';
import type { Log, Plane } from '@reslirp/runtime/plane';
import { answer, badRequest } from './dialect.ts';
import { Forwards } from './forwards.ts';

/** Bytes of a request: less than this. */
const LONGEST = 4_096;
/** Milliseconds for the rest of a request that is not complete. Clients do not say where theirs ends. */
const PATIENCE = 200;
/** Connections at once. */
const MOST = 64;

export class ApiServer {
  readonly #server: Server;
  readonly #forwards: Forwards;
  readonly #log: Log;

  /** `guest`: where forwards go that name no other. */
  constructor(plane: Plane, guest: string, log: Log) {
    this.#forwards = new Forwards(plane, guest);
    this.#log = log;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#listenTo(client));
    this.#server.maxConnections = MOST;
  }

  /** `fd`: a unix socket that listens. */
  listen(fd: number): void {
    this.#server.on('error', (error) => this.#log.error(`API: ${error.message}`));
    this.#server.listen({ fd });
  }

  close(): void {
    this.#server.close();
  }

  #listenTo(client: Socket): void {
    let text = '';
    let answered = false;
    const reply = (result: object): void => {
      client.end(JSON.stringify(result), () => client.destroy()); // whatever else it sends is not read
    };
    const take = (complete: boolean): void => {
      if (answered) return;
      const request = parsed(text);
      if (request === undefined && !complete) return;
      answered = true;
      clearTimeout(timer);
      if (text.length >= LONGEST) reply(badRequest('too large message'));
      else if (request === undefined) reply(badRequest('cannot parse JSON'));
      else answer(request, this.#forwards).then(reply);
      this.#log.debug(`API: ${text.trim()}`);
    };
    let timer = setTimeout(() => take(true), PATIENCE);
    client.setEncoding('utf8');
    client.on('error', () => client.destroy());
    client.on('end', () => take(true));
    client.on('data', (some: string) => {
      if (answered) return;
      text = (text + some).slice(0, LONGEST);
      clearTimeout(timer);
      timer = setTimeout(() => take(true), PATIENCE);
      take(text.length >= LONGEST);
    });
  }
}

/** Undefined when it is not JSON, or not all of it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
