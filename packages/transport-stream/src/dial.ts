// The other way round: the guest's cable listens, and we come to it.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fault } from './fault.ts';
import { formatPlace, type Place } from './place.ts';

/** How long a connection, with TLS, may take, milliseconds. */
const PATIENCE = 20_000;

export interface DialOptions {
  readonly place: Place;
  /** `ca`: PEM of whom to believe; absent, whom the system believes. Absent: no TLS. */
  readonly tls?: { readonly ca?: string };
  /** Said first, on a line of its own. */
  readonly token?: string;
}

/** Resolves to a connected socket, whose errors are the caller's. Rejects in one line. */
export function dial({ place, tls, token }: DialOptions): Promise<Socket> {
  const where = formatPlace(place);
  const target = place.kind === 'unix' ? { path: place.path } : { host: place.host, port: place.port };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      socket.on('error', () => {});
      reject(fault(where, error));
    };
    const opened = (): void => {
      clearTimeout(timer);
      socket.off('error', fail);
      if (token !== undefined) socket.write(`${token}\n`);
      resolve(socket);
    };
    const socket: Socket = tls === undefined ? connect(target, opened) : connectTls({ ...target, ...tls }, opened);
    const timer = setTimeout(() => fail({ code: 'ETIMEDOUT', message: '' }), PATIENCE);
    socket.once('error', fail);
  });
}
