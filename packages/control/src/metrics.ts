// Metrics for Prometheus, in its text format (version 0.0.4): https://prometheus.io/docs/instrumenting/exposition_formats/
// No label has a guest in it, nor anything else of which there may be any number.
import type { Controlled, CountersByPart, Totals } from './controlled.ts';
import type { Requests } from './requests.ts';

/** They are not counted more often than this, however often they are asked for, milliseconds. */
const FRESH = 1_000;

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Metrics {
  static readonly TYPE: string = 'text/plain; version=0.0.4; charset=utf-8';
  readonly #controlled: Controlled;
  readonly #program: { readonly name: string; readonly version: string };
  readonly #requests: Requests;
  #text: Promise<string> | null = null;
  #at: number = Number.NEGATIVE_INFINITY;

  constructor(
    controlled: Controlled,
    program: { readonly name: string; readonly version: string },
    requests: Requests,
  ) {
    this.#controlled = controlled;
    this.#program = program;
    this.#requests = requests;
  }

  text(): Promise<string> {
    const now = performance.now();
    if (this.#text !== null && now - this.#at < FRESH) return this.#text;
    this.#at = now;
    this.#text = this.#count();
    this.#text.catch(() => {
      this.#text = null;
    });
    return this.#text;
  }

  async #count(): Promise<string> {
    const { counts } = this.#controlled;
    const totals = await this.#controlled.totals(null);
    const { name, version } = this.#program;
    return [
      family('reslirp_info', 'gauge', 'The program.', [{ labels: { name, version }, value: 1 }]),
      family('process_resident_memory_bytes', 'gauge', 'Memory of the process.', [
        { value: process.memoryUsage.rss() },
      ]),
      family('process_start_time_seconds', 'gauge', 'When the process began.', [{ value: startTime() }]),
      family('reslirp_networks', 'gauge', 'Networks that are there now.', [{ value: counts.networks }]),
      family('reslirp_guests', 'gauge', 'Guests that are there now.', [{ value: counts.guests }]),
      family('reslirp_forwards', 'gauge', 'Forwards that are there now.', [{ value: counts.forwards }]),
      family(
        'reslirp_api_requests_total',
        'counter',
        'Requests that the API has answered, by status.',
        this.#requests.counts.map(([status, value]) => ({ labels: { status: String(status) }, value })),
      ),
      ...familiesOf(totals),
    ].join('');
  }
}

/** Seconds since 1970. */
function startTime(): number {
  return Math.round(performance.timeOrigin) / 1_000;
}

/** What Prometheus would rather have as one metric with labels. The rest has a metric each. */
const JOINED: Readonly<Record<string, readonly [metric: string, label: string, value: string]>> = {
  framesIn: ['frames', 'direction', 'in'],
  framesOut: ['frames', 'direction', 'out'],
  bytesIn: ['bytes', 'direction', 'in'],
  bytesOut: ['bytes', 'direction', 'out'],
  tcpFlows: ['flows', 'protocol', 'tcp'],
  udpFlows: ['flows', 'protocol', 'udp'],
  echoFlows: ['flows', 'protocol', 'icmp'],
};

function familiesOf({ counters, gauges }: Totals): string[] {
  return [...familiesIn(counters, 'counter'), ...familiesIn(gauges, 'gauge')];
}

function familiesIn(parts: CountersByPart, type: 'counter' | 'gauge'): string[] {
  const found = new Map<string, { help: string; samples: Sample[] }>();
  for (const [part, counters] of Object.entries(parts)) {
    for (const [name, value] of Object.entries(counters)) {
      const { metric, help, labels } = metricOf(part, name);
      const of = found.get(metric) ?? { help, samples: [] };
      of.samples.push({ labels, value });
      found.set(metric, of);
    }
  }
  const suffix = type === 'counter' ? '_total' : '';
  return Array.from(found, ([metric, { help, samples }]) => family(`reslirp_${metric}${suffix}`, type, help, samples));
}

function metricOf(part: string, name: string): { metric: string; help: string; labels: Record<string, string> } {
  const joined = part === 'stack' ? joinedOf(name) : null;
  if (joined === null) return { metric: `${part}_${snake(name)}`, help: `${name} of ${part}.`, labels: {} };
  const [metric, label, value] = joined;
  return { metric, help: `${metric}, by ${label}.`, labels: { [label]: value } };
}

/** Names in capitals are reasons why frames were dropped. */
function joinedOf(name: string): readonly [string, string, string] | null {
  if (name === name.toUpperCase()) return ['dropped_frames', 'reason', name];
  return JOINED[name] ?? null;
}

/** tcpRingBytes as tcp_ring_bytes. */
function snake(name: string): string {
  return name.replace(/[A-Z]+/g, (capitals) => `_${capitals.toLowerCase()}`).replace(/\W/g, '_');
}

function family(metric: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${metric}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${metric} ${help}\n# TYPE ${metric} ${type}\n${lines.join('')}`;
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
