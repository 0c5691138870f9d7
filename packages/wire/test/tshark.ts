// tshark as the judge of frames: dissects them with every checksum verified.
import { spawnSync } from 'node:child_process';

const CHECKSUMS = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
const COMPLAINTS = ['_ws.malformed', '_ws.expert.severity', '_ws.expert.message'];
/** Of _ws.expert.severity: what tshark calls warnings and errors. */
const WARNING = 0x0060_0000;

/** Null when tshark can be asked; else why not. Throws in CI, where it must be there. */
export function missing(): string | null {
  if (spawnSync('tshark', ['--version']).status === 0) return null;
  if (process.env['CI']) throw new Error('this test must run in CI, but tshark is not installed');
  return 'tshark is not installed';
}

/** The values of `fields` in one frame, as tshark writes them; several values of one field are joined with ','. Throws on complaints. */
export function dissect(frame: Uint8Array, fields: readonly string[]): readonly string[] {
  const wanted = [...COMPLAINTS, ...fields].flatMap((field) => ['-e', field]);
  const args = [
    '-c',
    'cat | tshark "$@"',
    'tshark',
    '-r',
    '-',
    '-n',
    ...CHECKSUMS,
    '-T',
    'fields',
    '-E',
    'separator=/t',
    ...wanted,
  ];
  // It reads a pipe, but not the socket that spawn() would make
  const { stdout, stderr, status } = spawnSync('sh', args, { input: capture(frame), encoding: 'utf8' });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  const [malformed = '', severities = '', message = '', ...values] = stdout.replace(/\n$/, '').split('\t');
  const worst = Math.max(0, ...severities.split(',').map(Number));
  if (malformed !== '' || worst >= WARNING) throw new Error(`tshark complains: ${malformed} ${message}`);
  return values;
}

/** A capture file of one frame of Ethernet (draft-ietf-opsawg-pcap). */
function capture(frame: Uint8Array): Uint8Array {
  const file = new Uint8Array(40 + frame.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0xa1b2c3d4);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, 0xffff);
  view.setUint32(20, 1);
  view.setUint32(32, frame.length);
  view.setUint32(36, frame.length);
  file.set(frame, 40);
  return file;
}
