// A program for the tests: runs the command of its arguments behind a bad cable, its own stdin and stdout being the cable.
//
//   node bad-cable.js '{"loss":0.01,"delay":25,"seed":7}' COMMAND...
import { spawn } from 'node:child_process';
import { impair } from '@reslirp/link';
import { stdioLink, streamLink } from '@reslirp/transport-stdio';

const [options, command, ...args] = process.argv.slice(2);
const { seed = 20_260_101, ...impairment } = JSON.parse(options);
let state = Math.imul(seed, 0x9e37_79b1) >>> 0; // neighbours begin far apart
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 0x1_0000_0000;
};
const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
const guest = impair(stdioLink(), {
  ...impairment,
  random,
  now: () => performance.now(),
  schedule: (ms, run) => setTimeout(run, ms),
});
const network = streamLink(child.stdout, child.stdin, { mtu: 1500 });

/** Hands frames on; what the other side cannot take now waits, for the loss shall be the cable's alone. */
const join = (from, to) => {
  const waiting = [];
  let dirty = false;
  const put = (frame) => {
    if (to.reserve(frame.length) < 0) return false;
    to.commit(0, frame, 0, frame.length);
    return true;
  };
  from.onFrame((b, at, end) => {
    const frame = b.subarray(at, end);
    if (waiting.length > 0 || !put(frame)) waiting.push(frame.slice());
    if (dirty) return;
    dirty = true;
    setImmediate(() => {
      dirty = false;
      to.flush();
    });
  });
  to.onRoom(() => {
    while (waiting.length > 0 && put(waiting[0])) waiting.shift();
    to.flush();
  });
  from.onEnd(() => {
    to.close();
    setTimeout(() => process.exit(), 200);
  });
};
join(guest, network);
join(network, guest);
