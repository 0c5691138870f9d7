// The guest of the soak: opens so many connections, a byte there and back on each, and ends them in every way there is.
//   node churn.js HOST PORT COUNT AT_ONCE      says how many of them went as they should
import { connect } from 'node:net';

const [host = '', port = '0', count = '0', atOnce = '1'] = process.argv.slice(2);
/** What the byte asks the server for: to end first, to wait for the guest's end, or to be reset. */
const WAYS = ['f', 'e', 'r'];

let begun = 0;
let ended = 0;
let whole = 0;

/** @param {number} i */
function one(i) {
  const way = WAYS[i % WAYS.length] ?? '';
  let got = '';
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  socket.on('connect', () => socket.write(way));
  socket.on('data', (bytes) => {
    got += bytes;
    if (way === 'e') socket.end();
    if (way === 'r') socket.resetAndDestroy();
  });
  socket.on('end', () => socket.end());
  socket.on('error', () => {});
  socket.on('close', () => {
    ended++;
    if (got === way) whole++;
    next();
  });
}

function next() {
  if (begun < Number(count)) one(begun++);
  else if (ended === begun) console.log(whole);
}

for (let i = 0; i < Number(atOnce); i++) next();
