// What is on a thread's own epoll loop, by system calls.
export { type ConnectedOptions, ConnectedPackets, PacketDoor, type PacketDoorOptions } from './packet-door.ts';
export { PacketLink, type PacketLinkOptions } from './packet-link.ts';
export { VdeLink, type VdeLinkOptions } from './vde-link.ts';
