// One guest of many may send as fast as it can, and the system hands us its bytes for as long as there are some (libuv: 32 reads
// in one go, some 35,000 small frames). So a guest that has had its part of a turn waits, what has been read of it is held, and
// nothing more is read, until all others have had theirs.

/** A guest's part of a turn, frames: some milliseconds of the worst kind. */
const MOST = 128;

export interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

export class Turnstile<T> {
  readonly #source: Pausable;
  readonly #pass: (item: T) => number;
  /** What has been read and waits: what the source hands over after pause() is little. */
  #held: T[] = [];
  #spent: number = 0;
  /** The end of the turn is waited for. */
  #counting: boolean = false;

  /** `pass` is given one item after the other, and says how many frames it was. */
  constructor(source: Pausable, pass: (item: T) => number) {
    this.#source = source;
    this.#pass = pass;
  }

  /** Something has been read. It is kept until it has passed: it must not be written to. */
  push(item: T): void {
    if (!this.#counting) {
      this.#counting = true;
      setImmediate(this.#turned);
    }
    if (this.#held.length === 0 && this.#spent < MOST) this.#spent += this.#pass(item);
    else if (this.#held.push(item) === 1) this.#source.pause();
  }

  /** The source has ended: what is held passes at once. */
  drain(): void {
    const held = this.#held;
    this.#held = [];
    for (const item of held) this.#pass(item);
  }

  readonly #turned = (): void => {
    this.#spent = 0;
    this.#counting = false;
    if (this.#held.length === 0) return;
    let n = 0;
    while (n < this.#held.length && this.#spent < MOST) this.#spent += this.#pass(this.#held[n++]!);
    this.#held.splice(0, n);
    this.#counting = true;
    setImmediate(this.#turned);
    if (this.#held.length === 0) this.#source.resume();
  };
}
