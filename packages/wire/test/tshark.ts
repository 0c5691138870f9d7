// tshark as the judge of frames: dissects them with every checksum verified.
import { spawnSync } from 'node:child_process';

const CHECKSUMS = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
/** Each frame by itself: what is put together of several is not theirs, but of whoever talks. */
const ALONE = ['-o', 'tcp.desegment_tcp_streams:FALSE', '-o', 'tcp.analyze_sequence_numbers:FALSE'];
const COMPLAINTS = ['_ws.malformed', '_ws.expert.severity', '_ws.expert.message'];
/** Of _ws.expert.severity: what tshark calls warnings, and errors. */
const WARNING = 0x0060_0000;
const ERROR = 0x0080_0000;
/** Bytes of the headers of a capture file and of a frame in it. */
const FILE = 24;
const RECORD = 16;
const MOST_FRAME = 0x4_0000;
const MOST_OUTPUT = 1 << 28;

/** Null when tshark can be asked; else why not. Throws in CI, where it must be there. */
export function missing(): string | null {
  if (spawnSync('tshark', ['--version']).status === 0) return null;
  if (process.env['CI']) throw new Error('this test must run in CI, but tshark is not installed');
  return 'tshark is not installed';
}

/** The values of `fields` in one frame, as tshark writes them; several values of one field are joined with ','. Throws on complaints. */
export function dissect(frame: Uint8Array, fields: readonly string[]): readonly string[] {
  const [values = []] = ask([frame], [...COMPLAINTS, ...fields]);
  const complaint = complaintOf(values, WARNING);
  if (complaint !== null) throw new Error(`tshark complains: ${complaint}`);
  return values.slice(COMPLAINTS.length);
}

/** The frames that are malformed or have a wrong checksum, as '7: what is wrong'. */
export function complaints(frames: readonly Uint8Array[]): string[] {
  const all = ask(frames, COMPLAINTS).map((values, i) => [i, complaintOf(values, ERROR)] as const);
  return all.filter(([, complaint]) => complaint !== null).map(([i, complaint]) => `${i}: ${complaint}`);
}

function complaintOf([malformed = '', severities = '', message = '']: readonly string[], least: number): string | null {
  const worst = Math.max(0, ...severities.split(',').map(Number));
  return malformed !== '' || worst >= least ? `${malformed} ${message}` : null;
}

function ask(frames: readonly Uint8Array[], fields: readonly string[]): string[][] {
  const wanted = fields.flatMap((field) => ['-e', field]);
  const args = ['-r', '-', '-n', ...CHECKSUMS, ...ALONE, '-T', 'fields', '-E', 'separator=/t', ...wanted];
  // It reads a pipe, but not the socket that spawn() would make
  const { stdout, stderr, status } = spawnSync('sh', ['-c', 'cat | tshark "$@"', 'tshark', ...args], {
    input: capture(frames),
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
  });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  const lines = stdout.replace(/\n$/, '').split('\n');
  if (lines.length !== frames.length) throw new Error(`tshark has read ${lines.length} frames of ${frames.length}`);
  return lines.map((line) => line.split('\t'));
}

/** As they are in each frame by itself: nothing is put together, numbers are not counted from the first one. */
const BY_ITSELF = ['tcp.relative_sequence_numbers', 'tcp.desegment_tcp_streams', 'ip.defragment', 'ipv6.defragment'];
/** Between several values of a field. */
const AGGREGATOR = '|';

/** Of each frame of a capture file, the values of those `fields` that are in it. */
export function dissectFile(file: string, fields: readonly string[]): ReadonlyMap<string, readonly string[]>[] {
  const preferences = BY_ITSELF.flatMap((name) => ['-o', `${name}:FALSE`]);
  const wanted = fields.flatMap((field) => ['-e', field]);
  const format = ['-T', 'fields', '-E', 'separator=/t', '-E', `aggregator=${AGGREGATOR}`];
  const args = ['-r', file, '-n', ...CHECKSUMS, ...preferences, ...format, ...wanted];
  const { stdout, stderr, status } = spawnSync('tshark', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  return stdout
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      const values = line.split('\t').map((text, i) => [fields[i]!, text.split(AGGREGATOR)] as const);
      return new Map(values.filter(([, all]) => all[0] !== ''));
    });
}

/** A capture file of Ethernet (draft-ietf-opsawg-pcap). */
function capture(frames: readonly Uint8Array[]): Uint8Array {
  const size = frames.reduce((sum, frame) => sum + RECORD + frame.length, FILE);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0xa1b2c3d4);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, MOST_FRAME);
  view.setUint32(20, 1);
  let at = FILE;
  for (const frame of frames) {
    view.setUint32(at + 8, frame.length);
    view.setUint32(at + 12, frame.length);
    file.set(frame, at + RECORD);
    at += RECORD + frame.length;
  }
  return file;
}
