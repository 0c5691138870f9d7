// The data plane: a thread that blocks in epoll_wait, and knows nothing but the loop. Node's own loop turns until there is
// something to serve, and never again.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { serve } from '@reslirp/host-linux';
import { secureRandom } from '@reslirp/host-node';
import { type Link, VDE_FRAME } from '@reslirp/link';
import { Loop } from '@reslirp/syscall';
import { loopLink } from '@reslirp/transport-stdio/linux';
import { TapLink, tapOf } from '@reslirp/transport-tap';
import { ConnectedPackets, PacketDoor, type PacketLinkOptions, VdeLink } from '@reslirp/transport-vde/linux';
import { dump } from '../dump.ts';
import { StackForwards } from '../forwards.ts';
import { Log } from '../log.ts';
import { Network } from '../network.ts';
import { recordingOf } from '../recording.ts';
import { localAddresses } from '../settings.ts';

import type { Answers, Birth, Cable, News, Order, Question } from './message.ts';

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;
const port = parentPort!;
const { settings, program, unread } = workerData as Birth;
const sink = {
  get writableLength() {
    return Atomics.load(unread, 0);
  },
  write(text: string) {
    Atomics.add(unread, 0, Buffer.byteLength(text));
    tell({ kind: 'log', text });
  },
};
const log = new Log(settings.level, sink, program);
const loop = new Loop();
const recording = recordingOf(settings.recording, log);
const network = new Network(settings, log, loop.now, recording);

port.once('message', (order: Order) => {
  if (order.kind === 'serve') work(order.cable);
  else tell({ kind: 'over', error: null });
  port.close(); // the waker stays open: it is closed by the program, which may still write to it
});

tell({ kind: 'loaded' });

function work(cable: Cable): void {
  const bare = open(cable);
  const recorded = recording?.record(bare, cable.kind === 'tap' ? cable.name : 'guest') ?? bare;
  const link = dump(recorded, settings, log);
  const { services, gateways, probe } = network;
  const random = secureRandom();
  const { stack, host, close } = serve({
    loop,
    link,
    config: settings.network,
    services,
    random,
    host: localAddresses(settings),
    ...gateways,
    ...probe,
  });
  const forwards = new StackForwards(stack);
  const heard = (number: number, question: Question): void => {
    const answer = (given: Answers[keyof Answers]): void => tell({ kind: 'answer', number, answer: given });
    if (question.kind === 'forward') forwards.add(question.id, question.request, answer);
    else if (question.kind === 'guestForward') forwards.addInner(question.id, question.request, answer);
    else if (question.kind === 'inquiry') answer(network.answer(question.inquiry, host.stats(), loop.now()));
    else if (question.kind === 'unforward') {
      forwards.remove(question.id);
      answer(null);
    } else answer(network.snapshot(host.stats(), loop.now()));
  };
  let over = false;
  const end = (error: Error | null): void => {
    if (over) return;
    over = true;
    network.end(host.stats());
    close();
    link.close();
    recording?.close();
    tell({ kind: 'over', error: error === null ? null : error.message });
    loop.stop();
  };
  loop.onTurnEnd((now) => {
    network.look(now);
    return Infinity;
  });
  loop.onWake(() => {
    for (let m = receiveMessageOnPort(port); m !== undefined; m = receiveMessageOnPort(port)) {
      const order = m.message as Order;
      if (order.kind === 'close') end(null);
      else if (order.kind === 'ask') heard(order.number, order.question);
    }
  });
  link.onEnd(end);
  network.begin(stack);
  tell({ kind: 'serving', waker: loop.waker });
  loop.run();
}

function open(cable: Cable): Link {
  const { mtu } = settings.network;
  if (cable.kind === 'stdio') {
    const { input, output, longestFrame } = cable;
    return loopLink({ loop, input, output, mtu, maxFrame: longestFrame });
  }
  if (cable.kind === 'packets') return new ConnectedPackets({ ...packets(), fd: cable.fd });
  if (cable.kind === 'door') {
    const door = new PacketDoor({ ...packets(), path: cable.path, told: (text) => log.info(text) });
    log.info(`a guest comes to seqpacket:${cable.path}`);
    return door;
  }
  if (cable.kind === 'vde') {
    const { name, place, reconnect } = cable;
    return new VdeLink({ ...packets(), place, reconnect, told: (text) => log.info(`${name}: ${text}`) });
  }
  const tap = tapOf(cable.fd, cable.name);
  log.info(`${tap.name}: ${tap.offload === 'none' ? 'no offload' : `${tap.offload} are left to the kernel`}`);
  return new TapLink({ tap, loop, mtu });
}

function packets(): PacketLinkOptions {
  const { mtu, mru = mtu } = settings.network;
  return { loop, mtu, maxFrame: Math.max(VDE_FRAME, Math.max(mtu, mru) + HEADERS) };
}

function tell(news: News): void {
  port.postMessage(news);
}
