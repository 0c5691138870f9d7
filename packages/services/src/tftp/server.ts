// A TFTP server that gives files and takes none: RFC 1350, with the options of RFC 2347, 2348, 2349 and 7440.
//
//   RRQ at port 69   → from a fresh port: an OACK or the first block, then transfer.ts; or an ERROR from port 69
//   WRQ              → ERROR 2
//   at a transfer's port, from another port of its guest → ERROR 5, and the transfer goes on
//
// A request that comes again before its transfer has begun is the same one; later, a guest that uses its port again has begun anew.
// Left out: multicast (RFC 2090), mail (RFC 1350 1 calls it obsolete).
// Memory: of each transfer its request and a descriptor of the FileSource, no bytes of files. Capped in all and for each guest;
// beyond that the one that has been silent longest goes, if that is for a while, else the new one is refused.
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { Binding, Query, Service, ServiceNet } from '@reslirp/stack/service';
import * as Tftp from '@reslirp/wire/tftp';
import { integer } from '../integer.ts';
import { NetasciiBlocks, OctetBlocks } from './blocks.ts';
import { FileFault, type FileSource } from './files.ts';
import { grant, nameOf } from './request.ts';
import { Outcome, Transfer } from './transfer.ts';

const { ErrorCode, Op } = Tftp;

/** RFC 2347: a request has 512 bytes at most. Some have more. */
const LONGEST_REQUEST = 1_024;
/** Of a guest at once: its address in another life may have left some. */
const OF_ONE_GUEST = 8;
/** So long a transfer has to be silent before it gives way to another, milliseconds. */
const IDLE = 5_000;
const HEADERS4 = 28 + Tftp.HEADER;
const HEADERS6 = 48 + Tftp.HEADER;

const FAULTS: Readonly<Record<FileFault, number>> = {
  [FileFault.NOT_FOUND]: ErrorCode.NOT_FOUND,
  [FileFault.DENIED]: ErrorCode.ACCESS,
  [FileFault.FAILED]: ErrorCode.UNDEFINED,
};

export interface TftpServerOptions {
  readonly files: FileSource;
  /** Transfers at once, 1 to 512: 64. */
  readonly maxTransfers?: number;
  /** Told of every file that was asked for, and what became of it: `how` is for people. */
  readonly ended?: (guest: Endpoint, name: string, how: string) => void;
}

export interface TftpServer extends Service {
  /** Counters by name. */
  stats(): Record<string, number>;
}

/** Throws ConfigError. */
export function tftpServer(options: TftpServerOptions): TftpServer {
  return new Server(options);
}

const counters = {
  requests: 0,
  /** Files that went all the way. */
  sent: 0,
  /** Given up: a silent guest, one that said so, a file that changed. */
  failed: 0,
  /** Messages that were said again. */
  repeated: 0,
  /** Answered by an ERROR: there is no such file, or it is not to be had. */
  refused: 0,
  /** A request to write. */
  writes: 0,
  /** Neither a request nor anything that belongs to a transfer. */
  malformed: 0,
  /** Of a port that is not the transfer's. */
  unknownTransfer: 0,
};

class Server implements TftpServer {
  readonly name: string = 'tftp';
  readonly egress: boolean = false;
  /** At the gateway alone: RFC 1123 4.2.3.5 wants no answer to a request by broadcast. */
  readonly bindings: readonly Binding[] = [{ protocol: 'udp', port: Tftp.PORT, at: 'gateway' }];
  readonly #files: FileSource;
  readonly #most: number;
  readonly #ended: NonNullable<TftpServerOptions['ended']>;
  readonly #stats: typeof counters = { ...counters };
  /** By the guest's end. */
  readonly #transfers: Map<string, Transfer> = new Map();
  #message: Uint8Array = new Uint8Array(0);
  #net!: ServiceNet;
  /** No transfer is due before. */
  #next: number = Infinity;

  constructor({ files, maxTransfers, ended }: TftpServerOptions) {
    this.#files = files;
    this.#most = integer('maxTransfers', maxTransfers, 64, 1, 512);
    this.#ended = ended ?? ((): void => {});
  }

  start(net: ServiceNet): void {
    this.#net = net;
    this.#message = new Uint8Array(Math.max(net.network.mtu, Tftp.HEADER + Tftp.BLOCK_SIZE));
  }

  stats(): Record<string, number> {
    return { ...this.#stats, transfers: this.#transfers.size };
  }

  received(q: Query, now: number): void {
    const { b, at, end } = q;
    const why = Tftp.check(b, at, end);
    if (why === Tftp.Malformed.NO && Tftp.op(b, at) === Op.WRITE) {
      this.#stats.writes++;
      this.#error(q, ErrorCode.ACCESS, 'nothing is written here', now);
    } else if (why === Tftp.Malformed.NO && Tftp.op(b, at) === Op.READ && end - at <= LONGEST_REQUEST) {
      this.#request(q, now);
    } else {
      this.#stats.malformed++;
      // No ERROR is answered (RFC 1350 2), and neither is what may be the tail of a transfer
      const isRequest = why === Tftp.Malformed.TEXT || why === Tftp.Malformed.OPERATION || end - at > LONGEST_REQUEST;
      if (isRequest) this.#error(q, ErrorCode.ILLEGAL, 'this is no request', now);
    }
  }

  poll(now: number): void {
    if (now < this.#next) return;
    this.#next = Infinity;
    for (const t of this.#transfers.values()) {
      if (t.deadline <= now) this.#after(t, t.late(now), now);
      else this.#next = Math.min(this.#next, t.deadline);
    }
  }

  deadline(): number {
    return this.#next;
  }

  close(): void {
    for (const t of this.#transfers.values()) this.#forget(t);
  }

  #request(q: Query, now: number): void {
    const { b, at, end } = q;
    const known = this.#transfers.get(String(q.from));
    if (known !== undefined && !known.begun && sameBytes(known.parts.request, b, at, end)) {
      this.#after(known, known.again(now), now);
      return;
    }
    this.#stats.requests++;
    if (known !== undefined) this.#end(known, 'asked for anew');
    const mode = Tftp.modeAt(b, at, end);
    if (Tftp.isWord(b, mode, end, 'octet')) this.#open(q, false, now);
    else if (Tftp.isWord(b, mode, end, 'netascii')) this.#open(q, true, now);
    else this.#refuse(q, ErrorCode.ILLEGAL, 'neither octet nor netascii', now);
  }

  #open(q: Query, netascii: boolean, now: number): void {
    const mac = String(q.mac);
    if (!this.#hasRoom(mac, now)) {
      this.#refuse(q, ErrorCode.UNDEFINED, 'too many transfers', now);
      return;
    }
    const name = nameOf(q);
    const file = this.#files.open(name);
    if (typeof file === 'string') {
      this.#refuse(q, FAULTS[file], file, now);
      return;
    }
    const own = q.to.copy();
    const peer = q.from.copy();
    const port = this.#net.openPort(own, peer, (message, then) => this.#heard(peer, message, then));
    if (port === null) {
      file.close();
      this.#refuse(q, ErrorCode.UNDEFINED, 'no port is free', now);
      return;
    }
    own.port = port.port;
    const largest = this.#net.network.mtu - (peer.is4 ? HEADERS4 : HEADERS6);
    const granted = grant(q, Math.min(largest, Tftp.MAX_BLOCK_SIZE));
    const blocks = netascii ? new NetasciiBlocks(file, granted.blockSize) : new OctetBlocks(file, granted.blockSize);
    const message = this.#message;
    const send = (size: number, then: number): void => this.#net.send(own, peer, null, message, 0, size, then);
    const request = q.b.slice(q.at, q.end);
    const t = new Transfer({ peer, mac, request, name, port, file, blocks, granted, send, message }, now);
    this.#transfers.set(String(peer), t);
    this.#after(t, t.start(now), now);
  }

  /** Something at a transfer's port. */
  #heard(peer: Endpoint, q: Query, now: number): void {
    const t = this.#transfers.get(String(peer));
    const { b, at, end } = q;
    const isWhole = Tftp.check(b, at, end) === Tftp.Malformed.NO;
    const op = isWhole ? Tftp.op(b, at) : 0;
    if (t === undefined || q.from.port !== peer.port) {
      this.#stats.unknownTransfer++;
      if (op !== Op.ERROR) this.#error(q, ErrorCode.UNKNOWN_TRANSFER, 'this transfer is not yours', now);
    } else if (op === Op.ACK) {
      this.#after(t, t.acknowledged(Tftp.block(b, at), now), now);
    } else if (op === Op.ERROR) {
      this.#end(t, `given up by the guest: error ${Tftp.errorCode(b, at)}`);
    } else {
      this.#stats.malformed++;
      this.#error(q, ErrorCode.ILLEGAL, 'neither an acknowledgement nor an error', now);
      this.#end(t, 'the guest said something illegal');
    }
  }

  #after(t: Transfer, outcome: Outcome, now: number): void {
    if (outcome === Outcome.GOES_ON) {
      this.#next = Math.min(this.#next, t.deadline);
      return;
    }
    if (outcome === Outcome.BROKEN) {
      const end = Tftp.emitError(this.#message, 0, this.#message.length, ErrorCode.UNDEFINED, outcome);
      t.parts.send(end, now);
    }
    this.#end(t, outcome);
  }

  #end(t: Transfer, how: string): void {
    this.#stats[how === Outcome.DONE ? 'sent' : 'failed']++;
    this.#forget(t);
    this.#ended(t.parts.peer, t.parts.name, how);
  }

  #forget(t: Transfer): void {
    this.#stats.repeated += t.repeated;
    this.#transfers.delete(String(t.parts.peer));
    t.parts.port.close();
    t.parts.file.close();
  }

  /** One that has been silent for long makes room, of that guest where it has too many. */
  #hasRoom(mac: string, now: number): boolean {
    const own = [...this.#transfers.values()].filter((t) => t.parts.mac === mac);
    const rivals = own.length >= OF_ONE_GUEST ? own : [...this.#transfers.values()];
    if (own.length < OF_ONE_GUEST && rivals.length < this.#most) return true;
    const oldest = rivals.reduce((a, b) => (b.heard < a.heard ? b : a));
    if (now - oldest.heard < IDLE) return false;
    this.#end(oldest, Outcome.SILENT);
    return true;
  }

  #refuse(q: Query, code: number, why: string, now: number): void {
    this.#stats.refused++;
    this.#error(q, code, why, now);
    this.#ended(q.from, nameOf(q), why);
  }

  #error(q: Query, code: number, message: string, now: number): void {
    const end = Tftp.emitError(this.#message, 0, this.#message.length, code, message);
    this.#net.send(q.to, q.from, null, this.#message, 0, end, now);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array, at: number, end: number): boolean {
  return a.length === end - at && a.every((value, i) => value === b[at + i]);
}
