// What passes on a cable, as text for people, into the log.
import { type Link, type Unfinished, Wrapper } from '@reslirp/link';
import { createPrinter, type Layer, type Printer } from '@reslirp/wire/print';
import { type Log, oneLine } from './log.ts';

export interface DumpSettings {
  /** What is shown of a frame. */
  readonly layers: readonly Layer[];
  /** For a terminal. */
  readonly colour: boolean;
}

/** The same cable, whose frames are told to `log`; or just the cable, when nobody asked for that. */
export function dump(link: Link, { dump: asked }: { readonly dump?: DumpSettings | null }, log: Log): Link {
  return asked === undefined || asked === null ? link : new Dumped(link, createPrinter(asked), log);
}

class Dumped extends Wrapper {
  readonly #printer: Printer;
  readonly #log: Log;
  readonly #subject: string;
  /** Where a frame is put together whose payload lies elsewhere. It grows with the longest one. */
  #scratch: Uint8Array = new Uint8Array(0);

  constructor(link: Link, printer: Printer, log: Log) {
    super(link);
    this.#printer = printer;
    this.#log = log;
    this.#subject = oneLine(log.subject);
  }

  override commit(
    size: number,
    lent: Uint8Array | null = null,
    from: number = 0,
    to: number = 0,
    unfinished: Unfinished | null = null,
  ): void {
    const isOffloaded = unfinished !== null;
    if (lent === null) this.#tell('to', this.slab, this.reserved, this.reserved + size, isOffloaded);
    else {
      const b = this.#room(size + to - from);
      b.set(this.slab.subarray(this.reserved, this.reserved + size));
      b.set(lent.subarray(from, to), size);
      this.#tell('to', b, 0, size + to - from, isOffloaded);
    }
    super.commit(size, lent, from, to, unfinished);
  }

  protected override received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
    this.#tell('from', b, at, end, trusted); // first: the stack may overwrite it
    super.received(b, at, end, trusted);
  }

  #tell(direction: 'from' | 'to', b: Uint8Array, at: number, end: number, isOffloaded: boolean): void {
    const head = `${time(new Date())} ${this.#subject}${direction} guest`;
    const text = this.#printer.print(b, at, end, head, isOffloaded);
    if (text !== '') this.#log.line(text);
  }

  #room(size: number): Uint8Array {
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size);
    return this.#scratch;
  }
}

/** 23:59:59.999 of this place. */
function time(now: Date): string {
  return `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, '0')}`;
}
