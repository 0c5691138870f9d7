// A resolver that a machine behind a tunnel has: one name, as A and AAAA, for whoever asks 127.0.0.1:53 over UDP.
import { createSocket } from 'node:dgram';

const [, , name, four, six] = process.argv;
const NXDOMAIN = 3;

/** Where the question ends: its name, type and class behind the header (RFC 1035 4.1). */
function questionEnd(b) {
  let at = 12;
  while (b[at] !== 0) at += b[at] + 1;
  return at + 5;
}

function nameIn(b) {
  const labels = [];
  for (let at = 12; b[at] !== 0; at += b[at] + 1) labels.push(b.toString('latin1', at + 1, at + 1 + b[at]));
  return labels.join('.').toLowerCase();
}

function dataOf(type) {
  if (type === 1) return Buffer.from(four.split('.').map(Number));
  if (type === 28) return Buffer.from(six, 'hex');
  return null;
}

const socket = createSocket('udp4');
socket.on('message', (b, from) => {
  const end = questionEnd(b);
  const known = nameIn(b) === name;
  const data = known ? dataOf(b.readUInt16BE(end - 4)) : null;
  const head = Buffer.from(b.subarray(0, end));
  head.writeUInt16BE(0x8180 | (known ? 0 : NXDOMAIN), 2);
  head.fill(0, 6, 12);
  if (data === null) {
    socket.send(head, from.port, from.address);
    return;
  }
  head.writeUInt16BE(1, 6);
  const record = Buffer.from('c00c0000000100000001', 'hex'); // pointer to the name, type, class IN, a TTL of 1 s
  b.copy(record, 2, end - 4, end - 2);
  const length = Buffer.from([0, data.length]);
  socket.send(Buffer.concat([head, record, length, data]), from.port, from.address);
});
socket.bind(53, '127.0.0.1', () => console.log('ready'));
