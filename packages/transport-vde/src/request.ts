// What a plug says to a switch, and hears, on the stream socket `ctl` of its directory (vde-2, src/vde_switch/datasock.c): all in
// the order of this machine, and struct sockaddr_un as the system has it.
//
//   request, version 3 (122 and more)   0 magic 4  4 version 4  8 type 4  12 our data socket 110  122 description
//   answer (110)                        0 the port's data socket
//
// `type` is REQ_NEW_CONTROL, with the number of a port in its upper 24 bits; port 0 is asked for by REQ_NEW_PORT0.
import { getUnixAddress, putUnixAddress, UNIX_ADDRESS_SIZE } from '@reslirp/syscall';

const MAGIC = 0xfeed_face;
const VERSION = 3;
const NEW_CONTROL = 0;
const NEW_PORT0 = 1;
const SOCKET = 12;
const DESCRIPTION = SOCKET + UNIX_ADDRESS_SIZE;
/** What a switch reads at once is 256 bytes. */
const LONGEST = 256;

export const ANSWER_SIZE: number = UNIX_ADDRESS_SIZE;

/** `socket`: the path of our data socket. `description`: what the switch lists us by; as much of it as there is room for. */
export function request(socket: string, port: number | null, description: string): Uint8Array {
  const text = new TextEncoder().encode(description).subarray(0, LONGEST - DESCRIPTION);
  const b = new Uint8Array(DESCRIPTION + text.length);
  const view = new DataView(b.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, port === 0 ? NEW_PORT0 : NEW_CONTROL | ((port ?? 0) << 8), true);
  putUnixAddress(b, SOCKET, socket);
  b.set(text, DESCRIPTION);
  return b;
}

/** The path of the port's data socket; null when that is no answer of a switch. */
export function answered(b: Uint8Array): string | null {
  return getUnixAddress(b, 0);
}
