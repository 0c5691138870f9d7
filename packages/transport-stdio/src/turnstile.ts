// One guest of many may send as fast as it can, and the system hands us its bytes for as long as there are some (libuv: 32 reads
// in one go, some 35,000 small frames). So a source that has brought its part of a turn is not read again before all others were.

/** A turn's part, bytes: two reads. As small frames they take some ten milliseconds. */
const MOST = 128 * 1024;

export interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

export class Turnstile {
  readonly #source: Pausable;
  #passed: number = 0;
  /** The end of the turn is waited for. */
  #counting: boolean = false;

  constructor(source: Pausable) {
    this.#source = source;
  }

  /** So many bytes have come. */
  passed(bytes: number): void {
    const before = this.#passed;
    this.#passed += bytes;
    if (before < MOST && this.#passed >= MOST) this.#source.pause();
    if (this.#counting) return;
    this.#counting = true;
    setImmediate(this.#turned);
  }

  readonly #turned = (): void => {
    const paused = this.#passed >= MOST;
    this.#passed = 0;
    this.#counting = false;
    if (paused) this.#source.resume();
  };
}
