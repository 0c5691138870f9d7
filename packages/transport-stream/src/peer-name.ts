// What a guest is called in messages: where it comes from.
import type { Socket } from 'node:net';
import { formatPlace } from './place.ts';

let unixGuests = 0;

/** 'ADDRESS:PORT'; on unix sockets, which have neither, 'unix N'. */
export function nameOf(socket: Socket): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return `unix ${++unixGuests}`;
  return formatPlace({ kind: 'tcp', host: remoteAddress.replace(/^::ffff:(?=\d+\.)/, ''), port: remotePort });
}
