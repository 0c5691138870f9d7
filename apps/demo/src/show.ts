// The steps of the demonstration, in their order.
import { createHash } from 'node:crypto';
import { format4 } from '@reslirp/wire/address';
import { type Lease, lease } from './guest/dhcp.ts';
import { lookUp } from './guest/dns.ts';
import { type Request, type Response, request } from './guest/http.ts';
import { ping } from './guest/ping.ts';
import { Station } from './guest/station.ts';
import { TcpPorts } from './guest/tcp.ts';
import { UdpPorts } from './guest/udp.ts';
import type { Payload } from './payload.ts';
import type { Program } from './program.ts';
import { duration, type Report } from './report.ts';
import { PAGE } from './servers.ts';

const SOON = 10_000;
const LONG = 120_000;
const ECHOES = 5;

export interface Outside {
  readonly name: string;
  readonly webPort: number;
  readonly payload: Payload;
}

/** Throws at the first step that fails. */
export async function show(report: Report, program: Program, outside: Outside): Promise<void> {
  const station = new Station(program.link);
  const udp = new UdpPorts(station);
  const tcp = new TcpPorts(station);
  const { name, webPort: port, payload } = outside;
  let leased!: Lease;
  let web = 0;
  const step = (title: string, work: () => Promise<string>, bytes?: number): Promise<void> => {
    const patience = bytes === undefined ? SOON : LONG;
    return report.step(title, () => Promise.race([work(), program.gone, tooLong(patience)]), bytes);
  };
  const http = (path: string, heard: Request['heard'], body?: Request['body']): Promise<Response> =>
    request(tcp, { ip: web, port, host: name, path, heard, ...(body === undefined ? {} : { body }) });

  await step('address', async () => {
    leased = await lease(station, udp);
    station.ip = leased.ip;
    const { ip, router, nameserver, seconds } = leased;
    return `${format4(ip)} by DHCP for ${seconds / 3_600} h; gateway ${format4(router)}, nameserver ${format4(nameserver)}`;
  });
  await step('ping', async () => {
    const times = await ping(station, leased.router, ECHOES);
    const mean = times.reduce((a, b) => a + b) / times.length;
    return `${format4(leased.router)} answers, ${times.length} of ${ECHOES}, after ${duration(mean)} on average`;
  });
  await step('name', async () => {
    web = await lookUp(station, udp, leased.nameserver, name);
    return `${name} is ${format4(web)}`;
  });
  await step('page', async () => {
    let page = '';
    const { status } = await http('/', (b, at, end) => {
      page += Buffer.from(b.subarray(at, end)).toString();
    });
    same('the page', page, PAGE);
    return `http://${name}:${port}/ says ${status}, ${page.length} bytes`;
  });
  await step('download', () => download(http, payload), payload.size);
  await step('upload', () => upload(http, payload), payload.size);
  await step('end', async () => {
    same('the number of broken packets', station.broken, 0);
    const code = await program.leave();
    same('the exit code', code, 0);
    return 'the guest unplugs its cable, reslirp exits with 0';
  });
}

type Http = (path: string, heard: Request['heard'], body?: Request['body']) => Promise<Response>;

async function download(http: Http, payload: Payload): Promise<string> {
  const hash = createHash('sha256');
  let size = 0;
  await http('/payload', (b, at, end) => {
    size += end - at;
    hash.update(b.subarray(at, end));
  });
  same('the size', size, payload.size);
  same('the SHA-256', hash.digest('hex'), payload.hash);
  return moved(payload);
}

async function upload(http: Http, payload: Payload): Promise<string> {
  let told = '';
  const heard: Request['heard'] = (b, at, end) => {
    told += Buffer.from(b.subarray(at, end)).toString();
  };
  await http('/payload', heard, { size: payload.size, blocks: payload.blocks() });
  same('the SHA-256', told, payload.hash);
  return moved(payload);
}

function moved({ size, hash }: Payload): string {
  return `${size / 1_000_000} MB, SHA-256 ${hash.slice(0, 16)}... on both sides`;
}

function same<T>(what: string, is: T, should: T): void {
  if (is !== should) throw new Error(`${what} is ${String(is)}, and should be ${String(should)}`);
}

function tooLong(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`nothing came of it in ${duration(ms)}`)), ms).unref();
  });
}
