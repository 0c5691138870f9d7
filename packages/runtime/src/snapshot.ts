// What there is at one moment, for people: every flow, and what was counted since the beginning.
import type { FlowInfo } from '@reslirp/stack';
import type { Log } from './log.ts';

export type Counters = Readonly<Record<string, number>>;

/** Of one network. It crosses from one thread to another. */
export interface Snapshot {
  readonly flows: readonly FlowInfo[];
  /** By the part that has counted: stack, host, dhcp, dhcp6, dns, tftp, ncsi. */
  readonly counters: Readonly<Record<string, Counters>>;
}

/** A network's snapshot, and the name of its guest where each has a network of its own. */
export type Named = readonly [name: string | null, snapshot: Snapshot];

/**
 * On every SIGUSR1, at any level: flows and counters. `ask`: none while nothing is served; `beside`: what is counted beside networks, by part. Whoever
 * calls last is asked.
 */
export function showOnSignal(
  log: Log,
  ask: () => Promise<readonly Named[]>,
  beside: () => Readonly<Record<string, Counters>> = () => ({}),
): void {
  let asked = false;
  process.removeAllListeners('SIGUSR1');
  process.on('SIGUSR1', () => {
    if (asked) return; // the answer is on its way
    asked = true;
    ask().then((all) => {
      asked = false;
      const networks = all.length === 0 ? `${log.program}: no guest now\n` : all.map(textOf).join('');
      const rest = Object.entries(beside()).map(([part, counters]) => `${listed(part, counters)}\n`);
      log.line(networks + rest.join(''));
    });
  });
}

function textOf([name, { flows, counters }]: Named): string {
  const head = `${name === null ? '' : `${name}: `}flows ${flows.length}`;
  const rows = flows.map((flow) => [
    flow.protocol,
    flow.guest,
    flow.remote ?? '-',
    flow.state,
    String(flow.bytesUp),
    String(flow.bytesDown),
    seconds(flow.age),
    seconds(flow.idle),
  ]);
  const table = flows.length === 0 ? [] : columns([HEADS, ...rows]);
  const counted = Object.entries(counters).map(([part, all]) => listed(part, all));
  return `${[head, ...table, ...counted].join('\n')}\n`;
}

const HEADS = ['proto', 'guest', 'destination', 'state', 'bytes up', 'down', 'age', 'idle'];

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADS.map((_, i) => rows.reduce((most, row) => Math.max(most, row[i]!.length), 0));
  return rows.map((row) =>
    row
      .map((cell, i) => (i < 4 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`;
}

/** Only what happened. */
export function listed(part: string, counters: Counters): string {
  const happened = Object.entries(counters).filter(([, n]) => n > 0);
  return `${part}: ${happened.length === 0 ? 'nothing' : happened.map(([what, n]) => `${what} ${n}`).join(', ')}`;
}
