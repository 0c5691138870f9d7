// libslirp behind WebSockets, with as little between as can be: each guest has a `vde_plug slirp://` of its own.
//   node thin-relay.js      prints its port
import { spawn } from 'node:child_process';
import { BIG_2, Deframer, writeLength } from '@reslirp/link';
import { WebSocketServer } from 'ws';

const MOST = 65_535;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('listening', () => console.log(server.address().port));
server.on('connection', (socket) => {
  const plug = spawn('vde_plug', ['slirp://'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const deframer = new Deframer(BIG_2, MOST, (b, at, end) => socket.send(b.slice(at, end)));
  plug.stdin.on('error', () => {});
  plug.stdout.on('data', (b) => {
    deframer.push(b, 0, b.length);
    if (socket.bufferedAmount < 1 << 20) return;
    plug.stdout.pause();
    setTimeout(() => plug.stdout.resume(), 1);
  });
  socket.on('message', (b) => {
    const size = Math.max(60, b.length + (b.length & 1)); // an odd length would put it out of step
    const frame = Buffer.alloc(2 + size);
    writeLength(BIG_2, frame, 0, size);
    b.copy(frame, 2);
    if (plug.stdin.write(frame)) return;
    socket.pause();
    plug.stdin.once('drain', () => socket.resume());
  });
  socket.on('close', () => plug.kill());
  plug.on('exit', () => socket.terminate());
});
