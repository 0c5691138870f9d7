export { Turnstile } from '@reslirp/transport-stdio';
export { type DialOptions, dial } from './dial.ts';
export { type Door, type DoorOptions, open } from './door.ts';
export { listen, refuseOpen } from './listen.ts';
export { nameOf } from './peer-name.ts';
export { formatPlace, isLoopback, type Place, parsePlace } from './place.ts';
export { type SocketLinkOptions, socketLink } from './socket-link.ts';
export { sameToken } from './token.ts';
