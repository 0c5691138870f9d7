// Makes the forwards that options asked for, on whatever carries the network.

import type { ForwardRequest, GuestForwardRequest } from '@reslirp/runtime';
import { CommandDoor, type ForwardAnswer, type Log, type Place } from '@reslirp/runtime';
import type { GuestForward, Settings } from './settings.ts';

/** A Plane, or a network on Node's sockets. */
export interface Carrier {
  forward(id: number, request: ForwardRequest): Promise<ForwardAnswer>;
  guestForward(id: number, request: GuestForwardRequest): Promise<ForwardAnswer>;
}

/** Resolves when all are there, to what lets go of them. Rejects with an Error, one line, when one cannot be. */
export async function establish(
  { forwards, guestForwards }: Settings,
  carrier: Carrier,
  log: Log,
): Promise<() => void> {
  const doors: CommandDoor[] = [];
  const release = (): void => {
    for (const door of doors) door.close();
  };
  let id = 0;
  try {
    for (const request of forwards) {
      const { error, port } = await carrier.forward(++id, request);
      if (error !== null) throw new Error(`--hostfwd: ${error}`);
      log.info(`${request.protocol} ${nameOf(request.host, port)} leads to ${nameOf(request.guest)}`);
    }
    for (const { at, to } of guestForwards) {
      const target = await targetOf(to, log, doors);
      const { error } = await carrier.guestForward(++id, { at, to: target });
      if (error !== null) throw new Error(`--guestfwd: ${error}`);
    }
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

async function targetOf(to: GuestForward['to'], log: Log, doors: CommandDoor[]): Promise<GuestForwardRequest['to']> {
  if (!('command' in to)) return to;
  const door = await CommandDoor.open(to.command, log);
  doors.push(door);
  return { path: door.path };
}

function nameOf(place: Place | { readonly path: string }, port?: number): string {
  if ('path' in place) return place.path;
  const address = place.address.includes(':') ? `[${place.address}]` : place.address;
  return `${address}:${port ?? place.port}`;
}
