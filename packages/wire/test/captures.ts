// Frames that real programs have sent: captures as tcpdump(8) writes them (draft-ietf-opsawg-pcap).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

export function captureFile(name: string): string {
  return fileURLToPath(new URL(`./captures/${name}.pcap`, import.meta.url));
}

/** Its frames. Only of little-endian files. */
export function frames(name: string): Uint8Array[] {
  const file = new Uint8Array(readFileSync(captureFile(name)));
  const view = new DataView(file.buffer);
  const all: Uint8Array[] = [];
  for (let at = FILE_HEADER; at < file.length; ) {
    const begin = at + RECORD_HEADER;
    at = begin + view.getUint32(at + 8, true);
    all.push(file.slice(begin, at));
  }
  return all;
}
