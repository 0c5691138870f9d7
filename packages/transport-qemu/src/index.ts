export { type DatagramCable, type DatagramOptions, datagrams } from './datagrams.ts';
export { qemuLink } from './stream.ts';
