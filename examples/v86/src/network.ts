// The whole network in the page: the same stack and DHCP server as in the program, on a cable of memory to v86, with the
// page's fetch() as its host.
import { type Link, MessageLink } from '@reslirp/link';
import { dhcp4Server } from '@reslirp/services/dhcp4';
import { createStack, type Stack } from '@reslirp/stack';
import { FetchHost } from './fetch-host.ts';
import { anyName } from './names.ts';

/** What is used of a V86: frames to and from its network card pass over its bus. */
export interface Machine {
  add_listener(event: 'net0-send', listener: (frame: Uint8Array) => void): void;
  readonly bus: { send(event: 'net0-receive', frame: Uint8Array): void };
}

const NETWORK = { network: '10.0.2.0/24', gateway: '10.0.2.2', nameserver: '10.0.2.3' } as const;
const LARGEST_DELAY = 0x7fff_ffff;

export function startNetwork(machine: unknown): Stack {
  const link = cable(machine as Machine);
  const clock = new Clock();
  const dhcp = { start: '10.0.2.20', router: true, nameservers: [NETWORK.nameserver], hostname: 'page', search: [] };
  const stack = createStack(NETWORK, {
    link,
    host: new FetchHost(clock.now),
    random,
    services: [dhcp4Server(dhcp), anyName()],
  });
  clock.drive(stack, link);
  return stack;
}

function cable(machine: Machine): Link {
  const link = new MessageLink({
    mtu: 1500,
    write(b, ends, count) {
      for (let i = 0; i < count; i++) machine.bus.send('net0-receive', b.slice(i === 0 ? 0 : ends[i - 1]!, ends[i]!));
      return true;
    },
  });
  machine.add_listener('net0-send', (frame) => link.received(frame, 0, frame.length));
  return link;
}

function random(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}

/** Turns of the page's event loop: whatever happens in one task is one instant, and is said together at its end. */
class Clock {
  #at: number = 0;
  #running: boolean = false;
  #end: (now: number) => void = () => {};

  /** The instant of this turn. The first call begins it. */
  readonly now = (): number => {
    if (!this.#running) {
      this.#running = true;
      this.#at = performance.now();
      queueMicrotask(() => {
        this.#end(this.#at);
        this.#running = false;
      });
    }
    return this.#at;
  };

  drive(stack: Stack, link: Link): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    this.#end = (now) => {
      if (stack.deadline() <= now) stack.poll(now);
      stack.flush(now);
      clearTimeout(timer);
      const wait = stack.deadline() - now;
      if (wait !== Infinity) timer = setTimeout(this.now, Math.min(LARGEST_DELAY, Math.max(1, Math.ceil(wait))));
    };
    link.onFrame((b, at, end, trusted) => void stack.input(b, at, end, trusted, this.now()));
    link.onRoom(this.now);
    this.now();
  }
}
