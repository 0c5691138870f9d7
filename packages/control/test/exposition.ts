// A strict reader of Prometheus' text format 0.0.4. Throws at the first thing that is not as it should be.

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge)$/;

export interface Metric {
  readonly type: string;
  readonly help: string;
  /** By labels as they are written, '' for none. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|NaN|[+-]Inf)$`,
);

export function readExposition(text: string): Map<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const reader = new Reader();
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.startsWith('# HELP ')) reader.help(line);
    else if (line.startsWith('#')) reader.type(line);
    else reader.sample(line);
  }
  return reader.found;
}

class Reader {
  readonly found: Map<string, Metric & { readonly samples: Map<string, number> }> = new Map();
  #current: string = '';
  #help: string | null = null;

  help(line: string): void {
    const [, name, help] = HELP.exec(line) ?? [];
    if (name === undefined || help === undefined || this.#help !== null) throw new Error(`no help: ${line}`);
    if (this.found.has(name)) throw new Error(`${name} comes twice`);
    this.#current = name;
    this.#help = help;
  }

  type(line: string): void {
    const [, name, type] = TYPE.exec(line) ?? [];
    if (type === undefined || name !== this.#current || this.#help === null) throw new Error(`no type: ${line}`);
    if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is no name of a ${type}`);
    this.found.set(name, { type, help: this.#help, samples: new Map() });
    this.#help = null;
  }

  sample(line: string): void {
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    const metric = name === this.#current && this.#help === null ? this.found.get(name) : undefined;
    if (metric === undefined) throw new Error(`a sample that is none, or outside its metric: ${line}`);
    if (metric.samples.has(labels)) throw new Error(`a sample comes twice: ${line}`);
    metric.samples.set(labels, Number(value));
  }
}
