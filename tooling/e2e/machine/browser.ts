// A page in a headless Chromium, driven over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { lack } from '../tools.ts';

const PROGRAMS = ['chromium-headless-shell', 'chromium', 'google-chrome'];
const OPTIONS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-port=0'];

const program: string | undefined = PROGRAMS.find((name) => lack([name]) === null);

/** Null when there is one. Throws in CI. */
export function missingBrowser(): string | null {
  const why = program === undefined ? `not installed: ${PROGRAMS.join(', or ')}` : null;
  if (why !== null && process.env['CI']) throw new Error(`this test must run in CI, but ${why}`);
  return why;
}

interface Message {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: unknown } };
  readonly method?: string;
  readonly params?: unknown;
}

export class Browser {
  readonly #directory: string;
  readonly #child: ChildProcess;
  #said: string = '';
  #page: WebSocket | null = null;
  #asked: number = 0;
  #fault: string = '';
  readonly #answers: Map<number, (result: { readonly value?: unknown }) => void> = new Map();

  private constructor(directory: string) {
    this.#directory = directory;
    // In a group of its own: Debian's program is a shell that waits for the browser, and does not pass signals on
    this.#child = spawn(program!, [...OPTIONS, `--user-data-dir=${directory}`, 'about:blank'], { detached: true });
    this.#child.stderr!.on('data', (b) => (this.#said += b));
  }

  /** Opens a page. */
  static async open(url: string): Promise<Browser> {
    const browser = new Browser(mkdtempSync(join(tmpdir(), 'reslirp-browser-')));
    const port = await browser.#port();
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const target = targets.find(({ type }) => type === 'page')!;
    const page = new WebSocket(target.webSocketDebuggerUrl);
    page.on('message', (text) => browser.#heard(JSON.parse(String(text))));
    await new Promise((resolve) => page.once('open', resolve));
    browser.#page = page;
    await browser.#ask('Runtime.enable', {});
    await browser.#ask('Page.navigate', { url });
    return browser;
  }

  /** What the page threw and did not catch; '' when nothing. */
  get fault(): string {
    return this.#fault;
  }

  /** The value of an expression on the page. */
  async evaluate(expression: string): Promise<unknown> {
    return (await this.#ask('Runtime.evaluate', { expression, returnByValue: true })).value;
  }

  async close(): Promise<void> {
    this.#page?.terminate();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      process.kill(-this.#child.pid!, 'SIGTERM');
      await ended;
      await this.#groupEnds(); // the shell goes first, and the browser writes to its directory until it has ended too
    }
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 });
  }

  async #groupEnds(): Promise<void> {
    for (let i = 0; i < 200; i++) {
      try {
        process.kill(-this.#child.pid!, i < 100 ? 0 : 'SIGKILL');
      } catch {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #port(): Promise<string> {
    for (let i = 0; i < 400; i++) {
      const found = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(this.#said);
      if (found !== null) return found[1]!;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${program} never listened:\n${this.#said}`);
  }

  #ask(method: string, params: object): Promise<{ readonly value?: unknown }> {
    const id = ++this.#asked;
    this.#page!.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  #heard({ id, result, method, params }: Message): void {
    if (method === 'Runtime.exceptionThrown') this.#fault += `${JSON.stringify(params)}\n`;
    if (id === undefined) return;
    this.#answers.get(id)?.(result?.result ?? {});
    this.#answers.delete(id);
  }
}
