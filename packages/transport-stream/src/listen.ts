// A server at a place, of whatever protocol: beyond this machine only when it asks for a token, and unix sockets for their
// owner alone.
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { fault } from './fault.ts';
import { formatPlace, isLoopback, type Place } from './place.ts';

/** Throws, in one line, when others than this machine's users come in there, and nobody asks them for a token. */
export function refuseOpen(place: Place, token: boolean): void {
  if (token || isLoopback(place)) return;
  throw new Error(`${formatPlace(place)}: others than this machine come in there: that needs a token`);
}

/** Resolves to where it listens, with the port that was found when it was asked for any. Rejects in one line. */
export async function listen(server: Server, place: Place): Promise<Place> {
  try {
    await listenOrTakeOver(server, place);
  } catch (error) {
    throw fault(formatPlace(place), error);
  }
  return placeOf(server, place);
}

async function listenOrTakeOver(server: Server, place: Place): Promise<void> {
  try {
    await listening(server, place);
  } catch (error) {
    if (place.kind === 'tcp' || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (!lstatSync(place.path).isSocket()) throw new Error('there is something that is no socket, and stays');
    if (await isServed(place.path)) throw error;
    unlinkSync(place.path); // left behind by one that was killed
    await listening(server, place);
  }
}

function listening(server: Server, place: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    if (place.kind === 'tcp') server.listen({ host: place.host, port: place.port });
    else ofItsOwner(() => server.listen({ path: place.path }));
  });
}

/** Makes a socket that is its owner's alone from the first moment: listen() binds it before it returns. */
function ofItsOwner(listen: () => void): void {
  const before = process.umask(0o177);
  try {
    listen();
  } finally {
    process.umask(before);
  }
}

/** Whether somebody answers at that socket. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

function placeOf(server: Server, place: Place): Place {
  const address = server.address();
  if (place.kind === 'unix' || address === null || typeof address === 'string') return place;
  return { kind: 'tcp', host: place.host, port: address.port };
}
