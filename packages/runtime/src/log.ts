// Messages for people: one line each, on stderr and nowhere else, for stdout is the cable.

/** What `-d` counts: 0 to 4. NONE is `-q`. */
export const Level = { NONE: -1, ERROR: 0, WARN: 1, INFO: 2, DEBUG: 3, TRACE: 4 } as const;
export type Level = (typeof Level)[keyof typeof Level];

const NAMES: readonly string[] = ['error', 'warn', 'info', 'debug', 'trace'];

/** Bytes that may wait for whoever reads stderr. Beyond them lines are lost, and counted: a guest can cause any number. */
const MOST_WAITING = 1 << 20;

/** What is asked of process.stderr. */
export interface Sink {
  readonly writableLength: number;
  write(text: string): unknown;
}

export class Log {
  readonly level: Level;
  /** The name in front of every line. */
  readonly program: string;
  /** Whom the lines are about, with a colon, or nothing. */
  readonly subject: string;
  readonly #sink: Sink;
  #lost = 0;

  constructor(level: Level, sink: Sink, program: string = 'reslirp', subject: string = '') {
    this.level = level;
    this.program = program;
    this.subject = subject;
    this.#sink = sink;
  }

  /** The same log, for what is about one guest of several. */
  about(subject: string): Log {
    return new Log(this.level, this.#sink, this.program, `${subject}: `);
  }

  error(text: string): void {
    this.#line(Level.ERROR, text);
  }

  warn(text: string): void {
    this.#line(Level.WARN, text);
  }

  info(text: string): void {
    this.#line(Level.INFO, text);
  }

  debug(text: string): void {
    this.#line(Level.DEBUG, text);
  }

  trace(text: string): void {
    this.#line(Level.TRACE, text);
  }

  /** What is written as it is, whatever the level: lines of another Log, the text of a frame. */
  line(text: string): void {
    if (this.#sink.writableLength > MOST_WAITING) {
      this.#lost++;
      return;
    }
    if (this.#lost > 0)
      this.#sink.write(`${this.program}: warn: ${this.#lost} messages were lost: nobody reads them\n`);
    this.#lost = 0;
    this.#sink.write(text);
  }

  #line(level: Level, text: string): void {
    if (level <= this.level) this.line(`${this.program}: ${NAMES[level]}: ${oneLine(this.subject + text)}\n`);
  }
}

/** A host name or a path may hold anything: control characters are shown, not obeyed. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
