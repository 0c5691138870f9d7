// A stub resolver: the IPv4 address of a name (RFC 1035).
import { i32, u8, u16 } from '@reslirp/wire/bytes';
import * as Dns from '@reslirp/wire/dns';
import type { Station } from './station.ts';
import type { UdpPorts } from './udp.ts';

/** Type, class, TTL and length of a record, behind its name. */
const RECORD = 10;

/** Throws when the name has none. */
export async function lookUp(station: Station, udp: UdpPorts, nameserver: number, name: string): Promise<number> {
  const id = Math.floor(Math.random() * 0x1_0000);
  const b = new Uint8Array(Dns.MAX_UDP);
  const end = Dns.emitQuestion(b, Dns.emit(b, 0, id, Dns.Flag.RD, 1), b.length, name, Dns.Type.A);
  const to = { mac: await station.resolve(nameserver), ip: nameserver };
  const port = 49_152 + (id & 0xfff);
  const found = await udp.ask(port, to, Dns.PORT, b.subarray(0, end), (answer, at, stop) => {
    if (Dns.check(answer, at, stop) !== Dns.Malformed.NO || Dns.id(answer, at) !== id) return null;
    return Dns.isResponse(answer, at) ? { ip: address(answer, at, stop), rcode: Dns.rcode(answer, at) } : null;
  });
  if (found.ip === null) throw new Error(`${name} has no address (response code ${found.rcode})`);
  return found.ip;
}

/** Of the first answer that is one. */
function address(b: Uint8Array, at: number, end: number): number | null {
  let p = Dns.questionsEnd(b, at, end);
  for (let i = 0; i < Dns.anCount(b, at) && p >= 0; i++) {
    const record = isPointer(b, p, end) ? p + 2 : Dns.nameEnd(b, p, end);
    if (record < 0 || record + RECORD > end) return null;
    const data = record + RECORD;
    if (u16(b, record) === Dns.Type.A && data + 4 <= end) return i32(b, data);
    p = data + u16(b, data - 2);
  }
  return null;
}

/** RFC 1035 4.1.4: the usual name of an answer, that of the question. */
function isPointer(b: Uint8Array, p: number, end: number): boolean {
  return p + 2 <= end && u8(b, p) >= 0xc0;
}
