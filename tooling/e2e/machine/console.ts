// A machine as its serial line shows it: a shell that does one line at a time.

export interface Answer {
  readonly code: number;
  readonly out: string;
}

export class Console {
  readonly #type: (text: string) => void;
  #seen: string = '';
  #heard: () => void = () => {};

  /** `type` sends text to the machine. */
  constructor(type: (text: string) => void) {
    this.#type = type;
  }

  /** Everything that the machine has said. */
  get seen(): string {
    return this.#seen;
  }

  /** The machine has said something. */
  hear(text: string): void {
    this.#seen += text.replaceAll('\r', '');
    this.#heard();
  }

  /** Until it takes commands. */
  async ready(timeout: number): Promise<void> {
    await this.#until(/^@@ ready$/m, 0, timeout);
  }

  async run(line: string, timeout: number = 60_000): Promise<Answer> {
    const from = this.#seen.length;
    this.#type(`${line}\n`);
    const [, out, code] = await this.#until(/@@ begin\n([\s\S]*?)@@ end (\d+)\n/, from, timeout);
    return { out: out!, code: Number(code) };
  }

  async #until(pattern: RegExp, from: number, timeout: number): Promise<RegExpExecArray> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const found = pattern.exec(this.#seen.slice(from));
      if (found !== null) return found;
      if (performance.now() > deadline)
        throw new Error(`the machine never said ${pattern}:\n${this.#seen.slice(from)}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
        setTimeout(resolve, 200);
      });
    }
  }
}
