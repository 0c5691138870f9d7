// The cable on this process's own stdin and stdout, without a stream between us and the system.
//
// Pipes and sockets are read into one buffer (onread), and written asynchronously: process.stdout would block the whole
// process on a full pipe, and two such processes for ever. Files (a recorded cable, /dev/null) have no readiness, and go
// through ordinary streams.
import { createReadStream, createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { FramedLink, type Link } from '@reslirp/link';
import { check, WANTED } from './descriptor.ts';
import { gone } from './gone.ts';
import { type CableOptions, framed, plain } from './stream.ts';

/** What a pipe of Linux holds. */
const READ_BUFFER = 64 * 1024;

export interface StdioLinkOptions extends CableOptions {
  /** Two descriptors, which are closed with the link: 0 and 1. */
  readonly input?: number;
  readonly output?: number;
}

/** A link on stdin and stdout. Throws, in one line, when one of them is closed, or a terminal. */
export function stdioLink(options: StdioLinkOptions = {}): Link {
  const { input = 0, output = 1 } = options;
  check(input, 'stdin');
  check(output, 'stdout');
  const sink = openOutput(output);
  const link: FramedLink = new FramedLink({
    ...framed(options),
    write: (b, end) => {
      sink.write(b.subarray(0, end), (error) => {
        if (error === null || error === undefined) link.written();
        else link.ended(gone(error));
      });
      return false;
    },
    finished: () => {
      sink.end();
      source.destroy();
    },
  });
  sink.on('error', (error) => link.ended(gone(error)));
  const source = openInput(input, (b, n) => link.received(b, 0, n));
  source.once('end', () => link.ended(null));
  source.once('close', () => link.ended(null));
  source.on('error', (error) => link.ended(gone(error)));
  return link;
}

function isStream(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isFIFO() || stat.isSocket();
}

function openInput(fd: number, received: (b: Uint8Array, n: number) => void): Readable {
  if (isStream(fd)) {
    const buffer = new Uint8Array(READ_BUFFER);
    const callback = (n: number): boolean => {
      received(buffer, n);
      return true;
    };
    // Reading begins when the loop does: whoever has the link sets its handlers before
    return socketOn('stdin', { fd, readable: true, writable: false, onread: { buffer, callback } }).resume();
  }
  const stream = createReadStream('', { fd, autoClose: false });
  stream.on('data', (chunk) => received(plain(chunk as Buffer), chunk.length));
  return stream;
}

function openOutput(fd: number): Writable {
  return isStream(fd) ? socketOn('stdout', { fd, readable: false, writable: true }) : createWriteStream('', { fd });
}

/** onread is documented for connect(), and taken by the constructor. */
type SocketOptions = ConstructorParameters<typeof Socket>[0] & {
  onread?: { buffer: Uint8Array; callback(n: number): boolean };
};

function socketOn(role: string, options: SocketOptions): Socket {
  try {
    return new Socket(options);
  } catch {
    throw new Error(`${role} is a socket of datagrams: ${WANTED}, which is a stream of bytes`);
  }
}
