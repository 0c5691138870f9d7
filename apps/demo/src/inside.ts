// What `reslirp run` runs in the demonstration: a program that knows nothing of reslirp, on the system's own network. It goes
// through its steps, and says what each showed in a line of JSON.
import { createHash } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';

/** A line of standard output: what a step showed, or why it failed. */
export type Said = { readonly shown: string } | { readonly failed: string };

const [name = '', port = ''] = process.argv.slice(2);
let address = '';
let payload: Buffer = Buffer.alloc(0);

const STEPS: readonly (() => Promise<string>)[] = [
  async () => {
    const [device, found] = Object.entries(networkInterfaces()).find(([one]) => one !== 'lo') ?? [];
    const nameserver = /nameserver (\S+)/.exec(readFileSync('/etc/resolv.conf', 'utf8'))?.[1];
    return `${device} with ${found?.[0]?.cidr}, nameserver ${nameserver}`;
  },
  async () => {
    [address = ''] = await new Resolver().resolve4(name);
    return `${name} is ${address}`;
  },
  async () => `http://${name}:${port}/ says: ${(await http('GET', '/')).toString().trim().slice(0, 14)}...`,
  async () => {
    payload = await http('GET', '/payload');
    return createHash('sha256').update(payload).digest('hex');
  },
  async () => (await http('PUT', '/payload')).toString(),
];

/** The payload goes along with a PUT. */
function http(method: string, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: address, port, path, method }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts)));
    });
    asked.on('error', reject);
    asked.end(method === 'PUT' ? payload : undefined);
  });
}

for (const step of STEPS) {
  const said: Said = await step().then(
    (shown) => ({ shown }),
    (error: Error) => ({ failed: error.message }),
  );
  process.stdout.write(`${JSON.stringify(said)}\n`);
  if ('failed' in said) break;
}
process.exitCode = 7; // whoever started it is to see just that
