// One direction of a byte stream of lines, in which some lines are changed. How the stream was cut changes nothing.
//
// A line that may be of interest is held until it is whole, at most LONGEST bytes of it; every other byte goes on as it comes.
// A line that was offered may take its time: then nothing behind it moves, so that order is kept and memory bounded.

/** A longer line is none of ours: RFC 959 knows no such command, RFC 1459 2.3 allows 512 bytes. */
export const LONGEST: number = 1_024;
/** Ready to leave. A changed line may be a little longer than it was. */
const MOST_READY = 4 * LONGEST;
const LF = 0x0a;
const CR = 0x0d;

/** What is read along in one direction. Lines are text of one byte per character (ISO 8859-1), without CR LF. */
export interface LineEditor {
  /** Whether a line that begins with `b[0, size)` may be of interest. Asked for every size up to the first "no". */
  mayConcern(b: Uint8Array, size: number): boolean;
  /** A whole line. `settle`, once, now or later: the line to send in its place, or null for the one that came. */
  edit(line: string, settle: (line: string | null) => void): void;
}

export class LineFilter {
  readonly #editor: LineEditor;
  readonly #settled: () => void;
  readonly #line: Uint8Array = new Uint8Array(LONGEST);
  #size: number = 0;
  /** In the rest of a line that is not of interest. */
  #passing: boolean = false;
  /** A line is with the editor. */
  #asking: boolean = false;
  readonly #ready: Uint8Array = new Uint8Array(MOST_READY);
  #readyAt: number = 0;
  #readyEnd: number = 0;

  /** `settled`: an editor that took its time has come back, and there is something ready. */
  constructor(editor: LineEditor, settled: () => void) {
    this.#editor = editor;
    this.#settled = settled;
  }

  /** Bytes that may leave: `bytes` from `at` to `end`. */
  get bytes(): Uint8Array {
    return this.#ready;
  }

  get at(): number {
    return this.#readyAt;
  }

  get end(): number {
    return this.#readyEnd;
  }

  /** Nothing is ready, and nothing is held: the next byte is the next to leave. */
  get idle(): boolean {
    return this.#readyAt === this.#readyEnd && this.#size === 0;
  }

  /** A line is with its editor. */
  get waiting(): boolean {
    return this.#asking;
  }

  /** `n` of the bytes that were ready have left. */
  left(n: number): void {
    this.#readyAt += n;
    if (this.#readyAt < this.#readyEnd) return;
    this.#readyAt = 0;
    this.#readyEnd = 0;
  }

  /** Takes bytes from [at, end) of `b`, as many as there is room for, and not beyond a line that is with its editor. */
  push(b: Uint8Array, at: number, end: number): number {
    let i = at;
    while (i < end && !this.#asking && this.#room > 2 * LONGEST) {
      if (this.#passing) i = this.#pass(b, i, end);
      else this.#hold(b[i++]!);
    }
    return i - at;
  }

  /** Nothing follows: what is held goes as it is. */
  finish(): void {
    if (!this.#asking) this.#release();
  }

  get #room(): number {
    return MOST_READY - this.#readyEnd;
  }

  #pass(b: Uint8Array, at: number, end: number): number {
    const most = Math.min(end, at + LONGEST);
    const lf = b.subarray(at, most).indexOf(LF);
    this.#passing = lf < 0;
    const to = lf < 0 ? most : at + lf + 1;
    this.#append(b, at, to);
    return to;
  }

  #hold(byte: number): void {
    this.#line[this.#size++] = byte;
    if (byte === LF) this.#offer();
    else if (this.#size === LONGEST || !this.#editor.mayConcern(this.#line, this.#size)) {
      this.#release();
      this.#passing = true;
    }
  }

  #offer(): void {
    const cr = this.#size > 1 && this.#line[this.#size - 2] === CR ? 1 : 0;
    const length = this.#size - 1 - cr;
    let isHere = true;
    this.#asking = true;
    this.#editor.edit(String.fromCharCode(...this.#line.subarray(0, length)), (line) => {
      if (!this.#asking) return;
      this.#asking = false;
      if (line !== null) this.#replace(line, length);
      this.#release();
      if (!isHere) this.#settled();
    });
    isHere = false;
  }

  /** The line goes, its end stays. One that would not fit is not sent in part: the one that came goes instead. */
  #replace(line: string, length: number): void {
    if (line.length > LONGEST) return;
    for (let i = 0; i < line.length; i++) this.#ready[this.#readyEnd++] = line.charCodeAt(i);
    this.#line.copyWithin(0, length, this.#size);
    this.#size -= length;
  }

  #release(): void {
    this.#append(this.#line, 0, this.#size);
    this.#size = 0;
  }

  #append(b: Uint8Array, at: number, end: number): void {
    this.#ready.set(b.subarray(at, end), this.#readyEnd);
    this.#readyEnd += end - at;
  }
}
