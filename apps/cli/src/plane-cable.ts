// Cables other than standard input and output that the data plane carries: those on sockets that Node does not have.
import { type Cable, hasPlane } from '@reslirp/runtime';
import type { CableSettings } from './cable-settings.ts';
import { UsageError } from './usage-error.ts';

/** Which these are, in words. */
export const PLANE_CABLES = 'the cable on standard input and output, one switch (--vde), --listen seqpacket:';

/** Null: Node carries these, and the programs that it starts. */
export function planeCable({ ways, reconnect, shared }: CableSettings): Cable | null {
  const [way] = ways;
  if (way === undefined || ways.length > 1 || shared !== null) return null;
  if (way.kind === 'seqpacket') return { kind: 'door', path: way.path };
  if (way.kind !== 'vde' || way.url.switch === null) return null;
  return { kind: 'vde', name: way.url.text, place: way.url.switch, reconnect };
}

/** A switch can be had otherwise. Throws a UsageError for what cannot. */
export function refuseWithoutPlane(cable: Cable): void {
  if (cable.kind !== 'door') return;
  const why = hasPlane() ? "not with --host 'node'" : `and this is ${process.platform} on ${process.arch}`;
  throw new UsageError('--listen', `'seqpacket:' is for Linux on x64 and arm64, ${why}`);
}

/** What vde_switch of vde-2 has room for; of a longer packet the rest is missing when it arrives. */
const SWITCH_MTU = 1_504;

/** What will hardly work, in one line. */
export function doubtOf(cable: Cable, mtu: number): string | null {
  if (cable.kind !== 'vde' || mtu <= SWITCH_MTU) return null;
  return `${cable.name}: vde_switch cuts off packets of more than ${SWITCH_MTU} bytes, and --if-mtu is ${mtu}`;
}

/** What broke, or null; a switch is not a guest, who may leave. */
export function lastWords(cable: Cable, error: string | null): string | null {
  if (cable.kind === 'vde') return `${cable.name}: ${error ?? 'the switch has gone'}`;
  return cable.kind === 'door' && error !== null ? `seqpacket:${error}` : error;
}
