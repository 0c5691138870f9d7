// Makes the forwards that options asked for, on whatever carries the network.
import { CommandDoor, type ForwardBook, type ForwardOrder, type Log, type Place } from '@reslirp/runtime';
import type { GuestForward, Settings } from './settings.ts';

/** Resolves when all are there, to what lets go of them. Rejects with an Error, one line, when one cannot be. */
export async function establish(
  { forwards, guestForwards }: Settings,
  book: ForwardBook,
  log: Log,
): Promise<() => void> {
  const doors = new Set<CommandDoor>();
  const release = (): void => {
    for (const door of doors) door.close();
    doors.clear();
  };
  try {
    for (const request of forwards) {
      const made = await book.add({ kind: 'hostfwd', by: 'option', request });
      if ('error' in made) throw new Error(`--hostfwd: ${made.error}`);
      if (made.kind === 'hostfwd') log.info(`${made.protocol} ${nameOf(made.host)} leads to ${nameOf(made.guest)}`);
    }
    for (const forward of guestForwards) {
      const made = await book.add(await orderOf(forward, log, doors));
      if ('error' in made) throw new Error(`--guestfwd: ${made.error}`);
    }
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

async function orderOf({ at, to }: GuestForward, log: Log, doors: Set<CommandDoor>): Promise<ForwardOrder> {
  if (!('command' in to)) return { kind: 'guestfwd', by: 'option', request: { at, to } };
  const { command } = to;
  const door = await CommandDoor.open(command, log);
  doors.add(door);
  return {
    kind: 'guestfwd',
    by: 'option',
    request: { at, to: { path: door.path } },
    command,
    removed: () => door.shut(),
  };
}

function nameOf(place: Place | { readonly path: string }): string {
  if ('path' in place) return place.path;
  return place.address.includes(':') ? `[${place.address}]:${place.port}` : `${place.address}:${place.port}`;
}
