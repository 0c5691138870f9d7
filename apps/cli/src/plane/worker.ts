// The data plane: a thread that blocks in epoll_wait, and knows nothing but the loop. Node's own loop never turns here.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { serve } from '@reslirp/host-linux';
import { secureRandom } from '@reslirp/host-node';
import type { Link } from '@reslirp/link';
import { Loop } from '@reslirp/syscall';
import { loopLink } from '@reslirp/transport-stdio/linux';
import { TapLink, tapOf } from '@reslirp/transport-tap';
import { Log } from '../log.ts';
import { Network } from '../network.ts';
import type { Birth, News, Order } from './message.ts';

const port = parentPort!;
const { settings, cable, unread } = workerData as Birth;
/** About as many bytes as a line has. */
const LINE = 100;

function tell(news: News): void {
  port.postMessage(news);
}

const log = new Log(settings.level, {
  get writableLength() {
    return Atomics.load(unread, 0) * LINE;
  },
  write(text) {
    Atomics.add(unread, 0, 1);
    tell({ kind: 'log', text });
  },
});
const loop = new Loop();
const link = open();
const network = new Network(settings, log, loop.now);
const { services, probe } = network;
const { stack, host, close } = serve({
  loop,
  link,
  config: settings.network,
  services,
  random: secureRandom(),
  ...probe,
});
let over = false;

loop.onTurnEnd((now) => {
  network.look(now);
  return Infinity;
});
loop.onWake(() => {
  for (let m = receiveMessageOnPort(port); m !== undefined; m = receiveMessageOnPort(port)) {
    if ((m.message as Order).kind === 'close') end(null);
  }
});
link.onEnd((error) => end(error));
network.begin(stack);
tell({ kind: 'serving', waker: loop.waker });
loop.run();
port.close(); // the waker is closed by the program, which may still write to it

function open(): Link {
  const { mtu } = settings.network;
  if (cable.kind === 'stdio') {
    const { input, output, longestFrame } = cable;
    return loopLink({ loop, input, output, mtu, maxFrame: longestFrame });
  }
  const tap = tapOf(cable.fd, cable.name);
  log.info(`${tap.name}: ${tap.offload === 'none' ? 'no offload' : `${tap.offload} are left to the kernel`}`);
  return new TapLink({ tap, loop, mtu });
}

function end(error: Error | null): void {
  if (over) return;
  over = true;
  network.end(host.stats());
  close();
  link.close();
  tell({ kind: 'over', error: error === null ? null : error.message });
  loop.stop();
}
