// The server of the page: node serve.js KERNEL INITRD [PORT]. What guests of the page's own network find at http://10.0.2.2/.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};
const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const v86 = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.resolve('v86')));

/**
 * Serves the page on 127.0.0.1. Besides its files: POST anything to /sha256, and it says what sha256sum(1) would.
 *
 * @param {{ kernel: string, initrd: string, port?: number }} options
 * @returns {Promise<import('node:http').Server>}
 */
export function serve({ kernel, initrd, port = 0 }) {
  /** @type {Record<string, string>} */
  const files = {
    '/': here('index.html'),
    '/page.js': here('dist/page.js'),
    '/v86/libv86.mjs': v86('./libv86.mjs'),
    '/v86/v86.wasm': v86('./v86.wasm'),
    '/system/bios': '/usr/share/seabios/bios.bin',
    '/system/vgabios': '/usr/share/seabios/vgabios-stdvga.bin',
    '/system/kernel': kernel,
    '/system/initrd': initrd,
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    if (request.method === 'POST' && pathname === '/sha256') {
      const hash = createHash('sha256');
      request.on('data', (b) => hash.update(b)).on('end', () => response.end(`${hash.digest('hex')}  -\n`));
      return;
    }
    const file = files[pathname];
    if (file === undefined || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', TYPES[/** @type {'.js'} */ (extname(file))] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

if (process.argv[1] === here('serve.js')) {
  const [kernel, initrd, port = '8000'] = process.argv.slice(2);
  if (kernel === undefined || initrd === undefined) {
    process.stderr.write('usage: node serve.js KERNEL INITRD [PORT]\n');
    process.exit(2);
  }
  await serve({ kernel, initrd, port: Number(port) });
  process.stdout.write(`http://127.0.0.1:${port}/  or with a relay: /?relay=ws://127.0.0.1:8080/\n`);
}
