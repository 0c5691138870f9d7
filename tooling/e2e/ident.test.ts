// ident (RFC 1413) through the gateway of --enable-emu: the guest asks about a connection of its own, and the host's server is asked
// about the same one by the port that it knows. That port is what the host's sockets say of their own ends.
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RESLIRP } from './guest.ts';
import { Namespace } from './namespace.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('python3');

/** A server at port 7000 of both loopbacks, and an identd that knows who its peers are. */
const HOST = `
import socket, threading
def listen(family, address, port):
    s = socket.socket(family); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port)); s.listen(); return s
def serve(family, address):
    server, identd = listen(family, address, 7000), listen(family, address, 113)
    peers = set()
    def accept():
        kept = []
        while True:
            c, who = server.accept(); kept.append(c); peers.add(who[1]); c.sendall(b'hello')
    threading.Thread(target=accept).start()
    def ident():
        while True:
            c, _ = identd.accept()
            line = c.makefile().readline().strip()
            asked, asking = [int(n) for n in line.split(',')]
            known = asked == 7000 and asking in peers
            c.sendall((line + (' : USERID : UNIX : joe' if known else ' : ERROR : NO-USER') + '\\r\\n').encode()); c.close()
    threading.Thread(target=ident).start()
serve(socket.AF_INET, '127.0.0.1'); serve(socket.AF_INET6, '::1')
print('ready', flush=True)
`;

/** Whether what is answered is about the port that was asked about, and the rest of the answer. */
const GUEST = `
import socket, sys
for place in sys.argv[1:]:
    c = socket.create_connection((place, 7000), 10); c.recv(5)
    own = c.getsockname()[1]
    i = socket.create_connection((place, 113), 10)
    i.sendall(b'7000, %d\\r\\n' % own)
    answer = i.makefile().readline().strip()
    print(answer.startswith('7000, %d ' % own), answer.split(' : ', 1)[1])
`;

describe.skipIf(why !== null)(`ident${why === null ? '' : `: skipped, ${why}`}`, () => {
  let host: Namespace;

  beforeEach(async () => {
    host = await Namespace.make();
    await host.sh('ip link set lo up');
    await once(host.start(['python3', '-c', HOST], 'pipe').stdout!, 'data');
  });
  afterEach(() => host.remove());

  test.each(['linux', 'node'])(
    'of --host %s',
    async (kind) => {
      const isUp = 'ip -6 addr show dev tap0 scope global -tentative | grep -q fd00';
      const line = `for i in $(seq 50); do ${isUp} && break; sleep 0.1; done; exec python3 -c "$0" "$@"`;
      const guest = ['sh', '-c', line, GUEST, '10.0.2.2', 'fd00::2'];
      const command = (...options: readonly string[]): string[] => [
        ...RESLIRP,
        'run',
        '--ipv6',
        '--host',
        kind,
        ...options,
        '--',
      ];
      const read = await host.run([...command('--enable-emu'), ...guest], 30_000);
      expect(read.out).toBe('True USERID : UNIX : joe\nTrue USERID : UNIX : joe\n');
      const unread = await host.run([...command(), ...guest], 30_000);
      expect(unread.out).toBe('True ERROR : NO-USER\nTrue ERROR : NO-USER\n');
    },
    60_000,
  );
});
