export { type WebSocketLike, type WsLinkOptions, wsLink } from './ws-link.ts';
