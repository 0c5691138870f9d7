// The token at the door: a line, before the first frame. Who does not know it, or does not say it, is not let in.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';

/** Bytes of the longest token. */
const LONGEST = 256;
const NEWLINE = 0x0a;

/** Takes the same time whatever `given` is. */
export function sameToken(given: string | Uint8Array, token: string): boolean {
  const digest = (text: string | Uint8Array): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/**
 * Reads the token from the beginning of `socket`; what follows it can be read again. `done` is told null, or why not, once:
 * also when the socket ends, or `patience` milliseconds pass.
 */
export function readToken(socket: Socket, token: string, patience: number, done: (why: string | null) => void): void {
  let held: Buffer = Buffer.alloc(0);
  const finish = (why: string | null): void => {
    clearTimeout(timer);
    socket.off('data', data);
    socket.off('close', gone);
    done(why);
  };
  const gone = (): void => finish('left without a token');
  const data = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]);
    const end = held.indexOf(NEWLINE);
    if (end < 0 && held.length <= LONGEST) return;
    socket.pause();
    const right = end >= 0 && end <= LONGEST && sameToken(held.subarray(0, end), token);
    if (right && end + 1 < held.length) socket.unshift(held.subarray(end + 1));
    finish(right ? null : 'a wrong token');
  };
  const timer = setTimeout(() => finish('no token came'), patience);
  socket.on('data', data);
  socket.once('close', gone);
}
