// --udp-filtering with the Linux kernel on both sides: whom a guest's port hears, and what port the host's servers know it by.
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RESLIRP } from './guest.ts';
import { Namespace } from './namespace.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('python3');

/** Whoever sends to port 7001 is answered from there, from another port, and from another address; 7004 says who asks. */
const HOST = `
import select, socket
def at(address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((address, port)); return s
asked, port, address, who = at('127.0.0.1', 7001), at('127.0.0.1', 7002), at('127.0.0.2', 7003), at('127.0.0.1', 7004)
print('ready', flush=True)
while True:
    for s in select.select([asked, who], [], [])[0]:
        _, peer = s.recvfrom(100)
        for one in ([who] if s is who else [asked, port, address]): one.sendto(str(peer[1]).encode(), peer)
`;

/** The ports that are heard, and whether both servers know the guest by one port. */
const GUEST = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
def ask(port):
    s.sendto(b'x', ('10.0.2.2', port))
    heard = {}
    while True:
        try: data, who = s.recvfrom(100)
        except TimeoutError: return heard
        heard[who[1]] = data
first, second = ask(7001), ask(7004)
print(sorted(first), first[7001] == second[7004])
`;

describe.skipIf(why !== null)(`--udp-filtering${why === null ? '' : `: skipped, ${why}`}`, () => {
  let host: Namespace;

  beforeEach(async () => {
    host = await Namespace.make();
    await host.sh('ip link set lo up');
    await once(host.start(['python3', '-c', HOST], 'pipe').stdout!, 'data');
  });
  afterEach(() => host.remove());

  test.each([
    ['endpoint-independent', '[7001, 7002, 7003] True'],
    ['address-dependent', '[7001, 7002] True'],
    ['address-and-port-dependent', '[7001] True'],
    ['symmetric', '[7001] False'],
  ])('%s', async (kind, told) => {
    const command = [...RESLIRP, 'run', '--udp-filtering', kind, '--', 'python3', '-c', GUEST];
    expect((await host.run(command, 30_000)).out.trim()).toBe(told);
  });
});
