// One HTTP request on a connection of its own (RFC 9112), whose response ends with the connection.
import type { TcpPorts } from './tcp.ts';

export interface Request {
  readonly ip: number;
  readonly port: number;
  readonly host: string;
  readonly path: string;
  /** Absent: GET without a body; else PUT of `size` bytes. */
  readonly body?: { readonly size: number; readonly blocks: Iterable<Uint8Array> };
  /** Bytes [at, end) of the response's body, in order, lent. */
  heard(b: Uint8Array, at: number, end: number): void;
}

export interface Response {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export async function request(tcp: TcpPorts, asked: Request): Promise<Response> {
  const head = new Head();
  const connection = await tcp.connect(asked.ip, asked.port, (b, at, end) => {
    const body = head.take(b, at, end);
    if (body < end) asked.heard(b, body, end);
  });
  const { host, port, path, body } = asked;
  const length = body === undefined ? '' : `Content-Length: ${body.size}\r\n`;
  const method = body === undefined ? 'GET' : 'PUT';
  const text = `${method} ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n${length}Connection: close\r\n\r\n`;
  await connection.write(Buffer.from(text));
  for (const block of body?.blocks ?? []) await connection.write(block);
  await connection.finished;
  connection.finish();
  await connection.ended;
  return head.response();
}

/** The lines before a body. */
class Head {
  #text: string = '';
  #whole: boolean = false;

  /** Returns where in [at, end) the body begins; `end` when it does not yet. */
  take(b: Uint8Array, at: number, end: number): number {
    while (at < end && !this.#whole) {
      this.#text += String.fromCharCode(b[at++]!);
      this.#whole = this.#text.endsWith('\r\n\r\n');
    }
    return at;
  }

  response(): Response {
    const [status = '', ...lines] = this.#text.split('\r\n');
    const code = /^HTTP\/1\.1 (\d{3})/.exec(status)?.[1];
    if (!this.#whole || code === undefined) throw new Error(`not a response of HTTP: '${status}'`);
    const fields = lines.map((line) => /^([^:]+): *(.*)$/.exec(line)).filter((field) => field !== null);
    return { status: Number(code), headers: new Map(fields.map(([, name, value]) => [name!.toLowerCase(), value!])) };
  }
}
