// A program with a cable on its stdin and stdout, for the tests: sends every frame back, says on stderr how it ended.
// With an argument, it first sends so many frames of 1,514 bytes, numbered, without having been asked.
import { writeSync } from 'node:fs';
import { stdioLink } from '@reslirp/transport-stdio'; // what was built

const link = stdioLink();
let left = Number(process.argv[2] ?? 0);
let next = 0;

const push = () => {
  for (; left > 0; left--) {
    const at = link.reserve(1514);
    if (at < 0) break;
    link.slab.fill(0, at, at + 1514);
    new DataView(link.slab.buffer).setUint32(at + 14, next++);
    link.commit(1514);
  }
  link.flush();
};
link.onRoom(push);
link.onFrame((b, at, end) => {
  if (link.reserve(end - at) < 0) return;
  link.commit(0, b, at, end);
  link.flush();
});
link.onEnd((error) => {
  writeSync(2, `end: ${error === null ? 'orderly' : error.message}; ${left} left\n`);
  link.close();
});
push();
