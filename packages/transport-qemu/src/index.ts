export { type DatagramCable, type DatagramOptions, datagrams } from './datagrams.ts';
export { type QemuLinkOptions, qemuLink } from './stream.ts';
