export { type LinuxHost, type LinuxHostOptions, linuxHost } from './host.ts';
export { type ServeOptions, type Serving, serve } from './serve.ts';
