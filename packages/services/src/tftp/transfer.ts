// One file on its way to one guest, RFC 1350 2 with the windows of RFC 7440.
//
// Up to `window` blocks are sent without waiting, and an acknowledgement of any of them moves the window there and sends on from it.
// One that moves nothing is never answered at once: with windows of one block that is the whole cure of the Sorcerer's Apprentice
// (RFC 1123 4.2.3.1), with larger ones it says that a block was lost, or is old, and only the former is still true a moment later.
// Block numbers are of 16 bits and go on with 0 after 65535; here they are counted without end.
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { ServicePort } from '@reslirp/stack/service';
import * as Tftp from '@reslirp/wire/tftp';
import { type Blocks, BROKEN } from './blocks.ts';
import type { OpenFile } from './files.ts';
import { emitGranted, type Granted } from './request.ts';

/** Milliseconds to the first repetition; each next one waits twice as long, unless the guest has said how long. */
const FIRST_TIMEOUT = 1_000;
const LONGEST_TIMEOUT = 8_000;
/** A guest that has been silent for so long is gone, milliseconds; of timeouts that it asked for it may miss three. */
const PATIENCE = 30_000;
const MISSED = 3;
/** After a hint that a block of the window is lost. */
const HINT = 100;
const NUMBERS = 0x1_0000;

export const Outcome = {
  GOES_ON: 'goes on',
  DONE: 'sent',
  BROKEN: 'the file has changed',
  SILENT: 'the guest is silent',
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export interface TransferParts {
  /** The guest, whose port is its transfer identifier. */
  readonly peer: Endpoint;
  /** For the cap. */
  readonly mac: string;
  /** The request as it came: a repetition of it is none of another file. */
  readonly request: Uint8Array;
  readonly name: string;
  readonly port: ServicePort;
  readonly file: OpenFile;
  readonly blocks: Blocks;
  readonly granted: Granted;
  /** Sends [0, end) of `message` to the guest. */
  readonly send: (end: number, now: number) => void;
  /** Of all transfers: room for any block. */
  readonly message: Uint8Array;
}

export class Transfer {
  readonly parts: TransferParts;
  /** When something is due. */
  deadline: number = 0;
  /** Times that something was said again. */
  repeated: number = 0;
  /** When the guest took something for the last time, or asked. */
  heard: number;
  /** The first block that is not acknowledged; 0 is the OACK. */
  #base: number = 1;
  /** The next one to send. */
  #next: number = 1;
  /** The last block of the file, once it is known. */
  #last: number = Infinity;
  #timeout: number;

  constructor(parts: TransferParts, now: number) {
    this.parts = parts;
    this.heard = now;
    this.#timeout = parts.granted.timeout ?? FIRST_TIMEOUT;
  }

  /** Whether the guest has acknowledged anything. */
  get begun(): boolean {
    return this.#base > 1;
  }

  start(now: number): Outcome {
    const { granted, blocks, message } = this.parts;
    const agreed = emitGranted(message, 0, message.length, granted, blocks.size) > 0;
    this.#base = agreed ? 0 : 1;
    this.#next = this.#base;
    return this.#send(now);
  }

  acknowledged(number: number, now: number): Outcome {
    const ahead = (((number - this.#base + 1) % NUMBERS) + NUMBERS) % NUMBERS;
    if (ahead > this.#next - this.#base) return Outcome.GOES_ON; // of the past, or of nothing that was sent
    if (ahead === 0) {
      if (this.parts.granted.window > 1) this.deadline = Math.min(this.deadline, now + HINT);
      return Outcome.GOES_ON;
    }
    this.heard = now;
    this.#base += ahead;
    if (this.#base > this.#last) return Outcome.DONE;
    this.parts.blocks.release(this.#base);
    this.#timeout = this.parts.granted.timeout ?? FIRST_TIMEOUT;
    this.#next = this.#base;
    return this.#send(now);
  }

  /** The deadline has come. */
  late(now: number): Outcome {
    const { timeout } = this.parts.granted;
    if (now - this.heard >= Math.max(PATIENCE, MISSED * (timeout ?? 0))) return Outcome.SILENT;
    return this.again(now);
  }

  /** Says what is not acknowledged once more. */
  again(now: number): Outcome {
    this.repeated++;
    if (this.parts.granted.timeout === null) this.#timeout = Math.min(this.#timeout * 2, LONGEST_TIMEOUT);
    this.#next = this.#base;
    return this.#send(now);
  }

  /** From #next to the end of the window. */
  #send(now: number): Outcome {
    const { granted, blocks, message, send } = this.parts;
    this.deadline = now + this.#timeout;
    if (this.#base === 0) {
      this.#next = 1;
      send(emitGranted(message, 0, message.length, granted, blocks.size), now);
      return Outcome.GOES_ON;
    }
    for (; this.#next < this.#base + granted.window && this.#next <= this.#last; this.#next++) {
      const at = Tftp.emitData(message, 0, this.#next % NUMBERS);
      const size = blocks.read(this.#next, message, at);
      if (size === BROKEN) return Outcome.BROKEN;
      if (size < granted.blockSize) this.#last = this.#next;
      send(at + size, now);
    }
    return Outcome.GOES_ON;
  }
}
