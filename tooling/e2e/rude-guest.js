// A guest on a WebSocket as no relay wants one, in a process of its own:
//   node rude-guest.js URL flood        sends small datagrams to a port where nobody is, as fast as the cable takes them
//   node rude-guest.js URL deaf PORT    sends datagrams to an echo server at the gateway's PORT, and never reads what comes back
// When it is under way it prints "at work".
import * as Arp from '@reslirp/wire/arp';
import { pseudo4, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Ip from '@reslirp/wire/ipv4';
import * as Udp from '@reslirp/wire/udp';
import { WebSocket } from 'ws';

const [url, manner, port = '9'] = process.argv.slice(2);
const OWN = Uint8Array.of(0x52, 0x54, 0, 0x66, 0x66, 0x66);
const GATEWAY = Uint8Array.of(0x52, 0x55, 10, 0, 2, 2);
const EVERYONE = new Uint8Array(6).fill(0xff);
const IP = 0x0a000263;
const GATEWAY_IP = 0x0a000202;
/** Bytes that wait here: so many that the cable is never idle. */
const ENOUGH = 1 << 20;

function arp() {
  const b = new Uint8Array(Ether.MIN_FRAME);
  Ether.emit(b, 0, EVERYONE, 0, OWN, 0, Ether.Type.ARP);
  Arp.emit(b, Ether.HEADER, Arp.Op.REQUEST, OWN, 0, IP, new Uint8Array(6), 0, GATEWAY_IP);
  return b;
}

/** @param {number} size @param {number} to */
function datagram(size, to) {
  const ip = Ether.HEADER;
  const udp = ip + Ip.HEADER;
  const length = Udp.HEADER + size;
  const b = new Uint8Array(udp + length);
  Ether.emit(b, 0, GATEWAY, 0, OWN, 0, Ether.Type.IP4);
  Ip.emit(b, ip, Ip.HEADER + length, IP, GATEWAY_IP, Ip.Protocol.UDP, 64, 0, 1, 0);
  const pseudo = pseudo4(IP, GATEWAY_IP, Ip.Protocol.UDP, length);
  Udp.emit(b, udp, 4_000, to, length, 0);
  Udp.emit(b, udp, 4_000, to, length, Udp.field(sum(b, udp, udp + length, pseudo)));
  return b;
}

const socket = new WebSocket(url);
socket.on('open', () => {
  socket.send(arp());
  const frame = manner === 'flood' ? datagram(18, Number(port)) : datagram(1_400, Number(port));
  if (manner === 'deaf') socket.pause();
  const send = () => {
    while (socket.bufferedAmount < ENOUGH) socket.send(frame);
    if (manner === 'flood') setImmediate(send);
    else setTimeout(send, 20);
  };
  send();
  process.stdout.write('at work\n');
});
socket.on('error', () => process.exit(1));
socket.on('close', () => process.exit());
