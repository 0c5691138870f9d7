import type { Server } from 'node:http';

/** Serves the page on 127.0.0.1. */
export function serve(options: { kernel: string; initrd: string; port?: number }): Promise<Server>;
