// A switch in the hand of the test: it speaks to one plug at a time, by system calls, and does what it is told.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  Family,
  getUnixAddress,
  libc,
  putUnixAddress,
  Region,
  SocketType,
  unixBind,
  unixConnect,
  unixListener,
} from '@reslirp/syscall';
import { read, write } from '../../syscall/test/descriptors.ts';

const MAGIC = 0xfeed_face;

/** What a plug asked for. */
export interface Asking {
  readonly magic: number;
  readonly version: number;
  readonly type: number;
  readonly socket: string;
  readonly description: string;
}

export class FakeSwitch {
  readonly directory: string;
  /** Instead of the usual answer; null: none. */
  reply: ((port: string) => Uint8Array | null) | undefined;
  readonly askings: Asking[] = [];
  readonly #listener: number;
  #control: number = -1;
  data: number = -1;
  #ports: number = 0;

  constructor(directory: string, name: string) {
    this.directory = directory;
    if (!existsSync(directory)) mkdirSync(directory);
    rmSync(join(directory, name), { force: true });
    this.#listener = unixListener(join(directory, name), SocketType.STREAM | SocketType.NONBLOCK, 4);
    if (this.#listener < 0) throw new Error(`listener: ${this.#listener}`);
  }

  /** Lets a plug in that has knocked, or hears what it says. */
  turn(): void {
    if (this.#control < 0) this.#control = libc.accept(this.#listener, 0, 0, SocketType.NONBLOCK);
    if (this.#control < 0 || this.data >= 0) return;
    const came = read(this.#control, 256);
    if (typeof came !== 'number' && came.length > 0) this.#asked(came);
  }

  /** Frames that have come. */
  take(): Uint8Array[] {
    const frames: Uint8Array[] = [];
    while (this.data >= 0) {
      const frame = read(this.data);
      if (typeof frame === 'number') break;
      frames.push(frame);
    }
    return frames;
  }

  send(frame: Uint8Array): number {
    return write(this.data, frame);
  }

  say(b: Uint8Array): void {
    write(this.#control, b);
  }

  /** Ends the connection to the plug. */
  hangUp(): void {
    for (const fd of [this.data, this.#control]) if (fd >= 0) libc.close(fd);
    this.data = -1;
    this.#control = -1;
  }

  /** As by SIGKILL: what it has in the file system stays. */
  die(): void {
    this.hangUp();
    libc.close(this.#listener);
  }

  /** Sockets of plugs that still have a name. */
  leftovers(): string[] {
    return readdirSync(this.directory).filter((name) => name.startsWith('.'));
  }

  #asked(b: Uint8Array): void {
    const view = new DataView(b.buffer, b.byteOffset, b.length);
    const [magic, version, type] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [number, number, number];
    const asking = {
      magic,
      version,
      type,
      socket: getUnixAddress(b, 12) ?? '',
      description: new TextDecoder().decode(b.subarray(122)),
    };
    this.askings.push(asking);
    const port = join(this.directory, `${String(++this.#ports).padStart(3, '0')}.9`);
    const answer = this.reply === undefined ? address(port) : this.reply(port);
    if (magic !== MAGIC || answer === null) return;
    rmSync(port, { force: true });
    this.data = libc.socket(Family.UNIX, SocketType.DGRAM | SocketType.NONBLOCK, 0);
    unixConnect(this.data, asking.socket);
    unixBind(this.data, port);
    this.say(answer);
  }
}

export function address(path: string): Uint8Array {
  const { bytes } = new Region(110);
  putUnixAddress(bytes, 0, path);
  return bytes;
}
