// One line for each step: what it showed, and how long it took. Coloured on a terminal, plain text elsewhere.
import { styleText } from 'node:util';

/** What is asked of process.stdout. */
export interface Paper {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const NAME = 10;
const SHOWN = 64;
/** To the start of the line, and empty it (ECMA-48 EL). */
const AFRESH = '\r\u001b[K';

export class Report {
  steps: number = 0;
  readonly #paper: Paper;
  readonly #live: boolean;
  readonly #now: () => number;

  /** `now`: monotonic milliseconds. */
  constructor(paper: Paper, now: () => number = () => performance.now()) {
    this.#paper = paper;
    this.#live = paper.isTTY === true;
    this.#now = now;
  }

  line(text: string): void {
    this.#paper.write(`${text}\n`);
  }

  /** Does `work`, and writes what it showed. `bytes`: what it moved, for its speed. Throws what `work` throws. */
  async step(name: string, work: () => Promise<string>, bytes?: number): Promise<void> {
    const label = name.padEnd(NAME);
    if (this.#live) this.#paper.write(`  ${this.#dim('..')}  ${label}`);
    const begun = this.#now();
    try {
      const shown = await work();
      const took = this.#now() - begun;
      this.steps++;
      const speed = bytes === undefined ? '' : this.#bold(`${(bytes / took / 1_000).toFixed(0)} MB/s`.padStart(10));
      const line = `  ${this.#style('green', 'ok')}  ${label}${shown.padEnd(SHOWN)}${duration(took).padStart(8)}${speed}`;
      this.line((this.#live ? AFRESH : '') + line.trimEnd());
    } catch (error) {
      const line = `  ${this.#style('red', '!!')}  ${label}failed after ${duration(this.#now() - begun)}`;
      this.line((this.#live ? AFRESH : '') + line);
      throw error;
    }
  }

  #dim(text: string): string {
    return this.#style('dim', text);
  }

  #bold(text: string): string {
    return this.#style('bold', text);
  }

  #style(how: Parameters<typeof styleText>[0], text: string): string {
    return this.#live && process.env['NO_COLOR'] === undefined ? styleText(how, text) : text;
  }
}

/** '0.4 ms', '12 ms', '1.52 s' */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
