// A program for the measurements: a web server anywhere, a network namespace included. Says its port; GET /N sends N bytes,
// PUT answers when everything has come.
import { createServer } from 'node:http';

const CHUNK = Buffer.alloc(1 << 16, 'reslirp ');

const server = createServer((request, response) => {
  for (const stream of [request, response]) stream.on('error', () => {});
  if (request.method === 'PUT') {
    request.resume().on('end', () => response.end('thanks\n'));
    return;
  }
  let left = Number(request.url?.slice(1));
  response.setHeader('content-length', left);
  const more = () => {
    while (left > 0) {
      const n = Math.min(left, CHUNK.length);
      left -= n;
      if (!response.write(CHUNK.subarray(0, n))) return;
    }
    response.end();
  };
  response.on('drain', more);
  more();
});
server.listen(0, '0.0.0.0', () => console.log(server.address().port));
