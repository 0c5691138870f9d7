// Urgent data (RFC 6093) with the Linux kernel as the guest and as the host: MSG_OOB on one side is a mark on the other.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RESLIRP, run } from './guest.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('python3');

/** Reads until the end, in line, and prints what came, with a bar before the byte that is at the mark (sockatmark). */
const READ = `
import fcntl, select, socket, struct, time
def read(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    out = ''
    while True:
        if not select.select([s], [], [], 5)[0]: return out + ' and nothing more'
        time.sleep(0.02)
        at = struct.unpack('i', fcntl.ioctl(s, 0x8905, b'0000'))[0]
        b = s.recv(1 if at else 100000)
        if not b: return out
        out += ('|' if at else '') + (b.decode() if len(b) < 100 else '(%d)' % len(b))
def write(s):
    s.sendall(b'before'); time.sleep(0.1)
    s.send(b'xy!', socket.MSG_OOB); time.sleep(0.1)
    s.sendall(b'behind'); time.sleep(0.1)
    s.sendall(b'z' * 50000); s.send(b'?', socket.MSG_OOB); time.sleep(0.2)
    s.shutdown(socket.SHUT_WR)
`;
const SERVER = `${READ}
l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
print(l.getsockname()[1], flush=True)
c, _ = l.accept()
HOW
`;
const CLIENT = `${READ}
import sys
c = socket.create_connection(('10.0.2.2', int(sys.argv[1])))
HOW
`;
const ALL = /^before(xy|x)?y?\|!behind[z()0-9|]*\|\?$/;

describe.skipIf(why !== null)(`urgent data${why === null ? '' : `: skipped, ${why}`}`, () => {
  let server: ChildProcess | null = null;
  let said = '';

  const serve = async (how: string): Promise<number> => {
    server = spawn('python3', ['-c', SERVER.replace('HOW', how)], { stdio: ['ignore', 'pipe', 'inherit'] });
    server.stdout!.on('data', (text) => (said += text));
    await once(server.stdout!, 'data');
    return Number(said);
  };
  beforeEach(() => {
    said = '';
  });
  afterEach(() => void server?.kill('SIGKILL'));

  const client = async (how: string, port: number, kind: string): Promise<string> => {
    const command = ['python3', '-c', CLIENT.replace('HOW', how), String(port)];
    const { out, err } = await run([...RESLIRP, 'run', '--host', kind, '--', ...command], 30_000);
    return out.trim() + err;
  };

  test('of the host is urgent to the guest', async () => {
    const port = await serve('write(c)');
    expect(await client('print(read(c))', port, 'linux')).toMatch(ALL);
  }, 40_000);

  test('of the guest is urgent to the host', async () => {
    const port = await serve('print(read(c), flush=True)');
    const ended = once(server!, 'close');
    expect(await client('write(c)', port, 'linux')).toBe('');
    await ended;
    expect(said.split('\n')[1]).toMatch(ALL);
  }, 40_000);
});
