// A request of HTTP/1.1 as a guest sends it (RFC 9112), and as fetch() takes it.

/** Bytes of a request with its body. */
const MOST = 64 << 20;
const END_OF_HEAD = [13, 10, 13, 10];

export class Request {
  /** It goes to the server that the page is from, whatever its Host says. */
  readonly #home: boolean;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4_096);
  #held: number = 0;
  /** Where the body begins, and where it ends; -1 while the head is not whole. */
  #body: number = -1;
  #end: number = -1;
  #head: string = '';

  constructor(home: boolean) {
    this.#home = home;
  }

  get isWhole(): boolean {
    return this.#body >= 0 && this.#held >= this.#end;
  }

  /** More of it. True when it has become whole; what follows is ignored. */
  take(b: Uint8Array): boolean {
    if (this.isWhole || this.#held + b.length > MOST) return false;
    this.#grow(this.#held + b.length);
    this.#bytes.set(b, this.#held);
    this.#held += b.length;
    if (this.#body < 0) this.#findBody();
    return this.isWhole;
  }

  /** Makes the request. The head says how the answer ends: with the connection. */
  async fetch(signal: AbortSignal): Promise<{ head: Uint8Array; body: ReadableStream<Uint8Array> | null }> {
    const [method = '', target = ''] = this.#head.split(' ', 2);
    const url = this.#home ? new URL(target, location.href) : new URL(target, `http://${this.#field('host')}`);
    const body = this.#end > this.#body ? this.#bytes.slice(this.#body, this.#end) : null;
    const type = this.#field('content-type');
    const headers: HeadersInit = type === '' || body === null ? {} : { 'content-type': type };
    const response = await fetch(url, { method, body, headers, signal });
    const lines = [
      `HTTP/1.1 ${response.status} ${response.statusText}`,
      `Content-Type: ${response.headers.get('content-type') ?? 'application/octet-stream'}`,
      'Connection: close',
    ];
    return { head: new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`), body: response.body };
  }

  #findBody(): void {
    for (let at = 0; at + 4 <= this.#held; at++) {
      if (!END_OF_HEAD.every((byte, i) => this.#bytes[at + i] === byte)) continue;
      this.#head = new TextDecoder('latin1').decode(this.#bytes.subarray(0, at));
      this.#body = at + 4;
      this.#end = this.#body + (Number(this.#field('content-length')) || 0);
      return;
    }
  }

  /** The value of a field of the head; '' when it is not there. */
  #field(name: string): string {
    return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*\\r?$`, 'im').exec(this.#head)?.[1] ?? '';
  }

  #grow(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#held));
    this.#bytes = larger;
  }
}
