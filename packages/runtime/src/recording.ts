// A capture into a file, or into a pipe that somebody reads: it never holds up the network. When the file cannot be written any
// more, the capture is over, and the network goes on.
//
//   --pcap-size   FILE has the newest frames; when it is full it becomes FILE.1, and FILE.1 becomes FILE.2
import { closeSync, constants, fstatSync, openSync, realpathSync, renameSync, writeSync } from 'node:fs';
import { Capture, type Link } from '@reslirp/link';
import type { Log } from './log.ts';

const { O_APPEND, O_CREAT, O_NONBLOCK, O_TRUNC, O_WRONLY } = constants;
/** Frames are private: of this user alone. */
const MODE = 0o600;
const STANDARD_OUTPUT = '/dev/stdout';

/** A file that is open. */
export interface RecordingSettings {
  readonly fd: number;
  readonly path: string;
  /** Bytes after which it is followed by another one; null: never. */
  readonly size: number | null;
  /** Files that are kept then. */
  readonly files: number;
}

/** Opens a file of its own, a pipe, or standard output, '-'. Throws an Error of one line. */
export function openRecording(path: string, size: number | null, files: number): RecordingSettings {
  const fd = opened(path === '-' ? STANDARD_OUTPUT : path);
  if (size === null) return { fd, path, size, files };
  if (fstatSync(fd).isFile() && path !== '-') return { fd, path: realpathSync(path), size, files };
  closeSync(fd);
  throw new Error(`'${path}' cannot be followed by another one: it is no file`);
}

/** A pipe is opened when somebody reads it, and never waited for. */
function opened(path: string): number {
  try {
    return openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK, MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`'${path}' cannot be written: ${code === 'ENXIO' ? 'nobody reads this pipe' : code}`);
  }
}

export class Recording {
  readonly #settings: RecordingSettings;
  readonly #log: Log;
  readonly #capture: Capture;
  #fd: number;
  /** Bytes in the file. */
  #written: number = 0;
  /** What a pipe has not taken yet of the last write that it has begun to take. */
  #rest: Uint8Array = new Uint8Array(0);
  #isBroken: boolean = false;

  constructor(settings: RecordingSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#fd = settings.fd;
    this.#capture = new Capture({
      write: (b) => this.#write(b),
      renew: () => this.#renew(),
      now: nanoseconds(),
      application: 'reslirp',
    });
  }

  /** The same cable, captured until it is closed. */
  record(link: Link, name: string): Link {
    return this.#capture.record(link, name);
  }

  /** The frame that has just come in is not carried. */
  dropped(reason: string): void {
    this.#capture.dropped(reason);
  }

  /** The turn is over. */
  flush(): void {
    this.#capture.flush();
    if (this.#rest.length > 0) this.#drain();
    if (this.#isBroken) this.close();
  }

  close(): void {
    if (this.#capture.closed) return;
    this.#capture.close();
    if (this.#rest.length > 0) this.#drain();
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #write(b: Uint8Array): boolean {
    if (this.#isBroken || !this.#drain()) return false;
    const taken = this.#take(b);
    if (taken > 0 && taken < b.length) this.#rest = b.slice(taken);
    return taken > 0;
  }

  /** Whether nothing is left of the last write. */
  #drain(): boolean {
    const taken = this.#take(this.#rest);
    this.#rest = this.#rest.subarray(taken);
    return this.#rest.length === 0;
  }

  /** How many of the bytes there is room for. */
  #take(b: Uint8Array): number {
    let taken = 0;
    try {
      while (taken < b.length) taken += writeSync(this.#fd, b, taken);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN') this.#break(code);
    }
    this.#written += taken;
    return taken;
  }

  /** Puts another file in the place of one that is full. */
  #renew(): boolean {
    const { path, size, files } = this.#settings;
    if (size === null || this.#written < size || this.#isBroken) return false;
    try {
      closeSync(this.#fd);
      this.#fd = -1;
      for (let i = files - 1; i > 0; i--) moved(i === 1 ? path : `${path}.${i - 1}`, `${path}.${i}`);
      this.#fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, MODE);
      this.#written = 0;
      return true;
    } catch (error) {
      this.#break((error as NodeJS.ErrnoException).code);
      return false;
    }
  }

  #break(code: string | undefined): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const why = code === 'EPIPE' ? 'nobody reads it any more' : `it cannot be written: ${code}`;
    this.#log.warn(`${this.#settings.path}: the capture is over: ${why}`);
  }
}

/** Null: nobody wants one. */
export function recordingOf(settings: RecordingSettings | null | undefined, log: Log): Recording | null {
  return settings === null || settings === undefined ? null : new Recording(settings, log);
}

function moved(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // there are not so many yet
  }
}

/** The wall's clock at the beginning, and from there on one that never jumps. */
function nanoseconds(): () => bigint {
  const origin = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  return () => origin + process.hrtime.bigint();
}
