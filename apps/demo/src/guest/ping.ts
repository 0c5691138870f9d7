// ICMP echo (RFC 792).
import * as Icmp4 from '@reslirp/wire/icmp4';
import { Protocol } from '@reslirp/wire/ipv4';
import type { Station } from './station.ts';

const ID = 0x5e11;
const DATA = 56;

/** Round-trip times of `count` echoes, milliseconds, one after the other. */
export async function ping(station: Station, ip: number, count: number): Promise<number[]> {
  const mac = await station.resolve(ip);
  const times: number[] = [];
  for (let sequence = 1; sequence <= count; sequence++) times.push(await echo(station, mac, ip, sequence));
  return times;
}

async function echo(station: Station, mac: Uint8Array, ip: number, sequence: number): Promise<number> {
  const sentAt = performance.now();
  const heard = new Promise<void>((resolve) => {
    station.receive(Protocol.ICMP, (b, at, end, src) => {
      if (Icmp4.check(b, at, end) !== Icmp4.Malformed.NO) station.broken++;
      else if (src === ip && isReply(b, at, end, sequence)) resolve();
    });
  });
  const length = Icmp4.HEADER + DATA;
  station.send(mac, ip, Protocol.ICMP, length, (b, at) => {
    for (let i = 0; i < DATA; i++) b[at + Icmp4.HEADER + i] = i;
    Icmp4.emit(b, at, at + length, Icmp4.Type.ECHO, 0, (ID << 16) | sequence);
  });
  await heard;
  return performance.now() - sentAt;
}

function isReply(b: Uint8Array, at: number, end: number, sequence: number): boolean {
  if (Icmp4.type(b, at) !== Icmp4.Type.ECHO_REPLY || Icmp4.sequence(b, at) !== sequence) return false;
  if (end - at !== Icmp4.HEADER + DATA) return false;
  for (let i = 0; i < DATA; i++) if (b[at + Icmp4.HEADER + i] !== i) return false;
  return true;
}
