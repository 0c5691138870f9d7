// In a namespace: sends one buffer in datagrams that the kernel cuts (UDP_SEGMENT), and prints the sizes of what comes back.
// Arguments: an address, a port, bytes of a datagram, bytes in all.
import { isIPv4 } from 'node:net';
import { Datagrams, libc, putSocketAddress, Region, SegmentedSend, SOCKET_ADDRESS_SIZE } from '@reslirp/syscall'; // what was built

const [, , address = '', port, size, length] = process.argv;
const PATIENCE = 3_000;
const [AF_INET, AF_INET6, SOCK_DGRAM] = [2, 10, 2];

const fd = libc.socket(isIPv4(address) ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
const name = new Region(SOCKET_ADDRESS_SIZE);
const nameSize = putSocketAddress(name, 0, { ...words(address), port: Number(port) });
const bytes = new Region(Number(length));
bytes.bytes.fill(7);
const sent = new SegmentedSend().send(fd, name, nameSize, bytes.address, Number(length), Number(size));
if (sent !== Number(length)) throw new Error(`sent ${sent}`);

const datagrams = new Datagrams(16, 2_000);
const sizes = [];
let left = Number(length);
for (const until = Date.now() + PATIENCE; left > 0 && Date.now() < until; libc.usleep(1_000)) {
  const n = datagrams.receive(fd);
  for (let i = 0; i < n; i++) {
    sizes.push(datagrams.end(i) - datagrams.start(i));
    left -= sizes.at(-1);
  }
}
console.log(sizes.join(' '));

/** Of a.b.c.d, or of an IPv6 address as fd00::2. */
function words(text) {
  if (isIPv4(text)) {
    const w3 = text.split('.').reduce((n, part) => (n << 8) | Number(part), 0);
    return { w0: 0, w1: 0, w2: 0xffff, w3 };
  }
  const [first, last] = text.split('::').map((part) => Number.parseInt(part, 16));
  return { w0: first << 16, w1: 0, w2: 0, w3: last };
}
