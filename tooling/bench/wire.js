// Codecs and checksums as they were built, in plain Node: nanoseconds per call, and the checksum against the loop that everybody writes first.
import { finish, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Ip from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import * as Options from '@reslirp/wire/tcp-options';
import { median, table } from './table.js';

/** Keeps results alive, so that the work is not optimised away. */
export let sink = 0;

/** Nanoseconds per call of `work`, the median of seven rounds of some 50 ms. */
function time(work) {
  let calls = 1_000;
  for (let took = 0; took < 5; calls *= 2) took = round(work, calls);
  return median(Array.from({ length: 7 }, () => (round(work, calls * 8) / (calls * 8)) * 1e6));
}

/** Milliseconds. */
function round(work, calls) {
  const began = performance.now();
  for (let i = 0; i < calls; i++) sink ^= work();
  return performance.now() - began;
}

function naive(b, at, end) {
  let acc = 0;
  for (; at + 1 < end; at += 2) acc += (b[at] << 8) | b[at + 1];
  return at < end ? acc + (b[at] << 8) : acc;
}

function checksums() {
  const b = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) & 255);
  const rows = [20, 64, 256, 1_460, 9_000, 65_535].map((size) => {
    const ours = time(() => finish(sum(b, 3, 3 + size)));
    const theirs = time(() => finish(naive(b, 3, 3 + size)));
    return [`${size} bytes`, ours.toFixed(0), theirs.toFixed(0), `${(theirs / ours).toFixed(1)}x`];
  });
  console.log(`\n${table([['checksum', 'ns', 'naive loop, ns', 'ratio'], ...rows])}\n`);
}

function headers() {
  const b = new Uint8Array(128);
  const mac = new Uint8Array(6);
  const options = Options.blank();
  const ip = Ether.HEADER;
  const tcp = ip + Ip.HEADER;
  const write = () => {
    Ether.emit(b, 0, mac, 0, mac, 0, Ether.Type.IP4);
    Ip.emit(b, ip, 52, 0x0a00020f, 0x0a000202, Ip.Protocol.TCP, 64, 0, 0, Ip.Fragment.DF);
    Tcp.emit(b, tcp, 80, 40_000, 1, 2, 32, Tcp.Flag.ACK, 512);
    return Options.emitTimestamps(b, tcp + Tcp.HEADER, 1, 2);
  };
  const end = write();
  const read = () => {
    if (Ether.check(b, 0, end) + Ip.check(b, ip, end) + Tcp.check(b, tcp, end) !== 0) throw new Error('malformed');
    Options.read(b, tcp, options);
    return Tcp.seq(b, tcp) + Tcp.ack(b, tcp) + Tcp.window(b, tcp) + options.tsVal;
  };
  const rows = [
    ['read and check', time(read).toFixed(0)],
    ['write', time(write).toFixed(0)],
  ];
  console.log(`\n${table([['Ethernet, IPv4, TCP, timestamps', 'ns'], ...rows])}\n`);
}

checksums();
headers();
