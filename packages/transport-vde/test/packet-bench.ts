// A PacketLink, and its far end in the hand of the test.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Link } from '@reslirp/link';
import type { LinkUnderTest } from '@reslirp/link/contract';
import { type Loop, libc, SocketType } from '@reslirp/syscall';
import { read, socketPair, write } from '../../syscall/test/descriptors.ts';
import { ConnectedPackets, type PacketLink, VdeLink, type VdeLinkOptions } from '../src/linux.ts';
import { FakeSwitch } from './fake-switch.ts';

export const numbered = (size: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => i * 7 + seed);

/** Commits a frame; false when there is no room. */
export function put(link: Link, frame: Uint8Array): boolean {
  const at = link.reserve(frame.length);
  if (at < 0) return false;
  link.slab.set(frame, at);
  link.commit(frame.length);
  return true;
}

abstract class Bench implements LinkUnderTest {
  abstract readonly link: PacketLink;
  readonly arrived: Uint8Array[] = [];
  /** What onEnd() told. */
  readonly ends: (string | null)[] = [];
  protected readonly loop: Loop;

  constructor(loop: Loop) {
    this.loop = loop;
  }

  abstract send(frame: Uint8Array): void;
  abstract hangUp(): void;
  /** Frames that have come to the far end. */
  protected abstract take(): Uint8Array[];

  turn(times: number = 1): void {
    for (let i = 0; i < times; i++) {
      this.loop.turn(0);
      this.link.flush();
    }
  }

  settle(): void {
    for (let quiet = 0; quiet < 5; quiet++) {
      this.turn();
      const frames = this.take();
      if (frames.length > 0) quiet = 0;
      this.arrived.push(...frames);
    }
  }

  release(): void {
    this.link.close();
    this.turn(3);
    this.hangUp();
  }
}

/** Two ends of a socket of packets. */
export class PacketBench extends Bench {
  readonly link: ConnectedPackets;
  #far: number;

  constructor(loop: Loop, type: number = SocketType.SEQPACKET, maxFrame?: number) {
    super(loop);
    const [near, far] = socketPair(type);
    this.#far = far;
    this.link = new ConnectedPackets({ loop, fd: near, ...(maxFrame === undefined ? {} : { maxFrame }) });
    this.link.onEnd((error) => this.ends.push(error?.message ?? null));
  }

  send(frame: Uint8Array): void {
    if (this.#far >= 0) write(this.#far, frame);
  }

  hangUp(): void {
    if (this.#far >= 0) libc.close(this.#far);
    this.#far = -1;
  }

  take(): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (;;) {
      const frame = this.#far < 0 ? -1 : read(this.#far);
      if (typeof frame === 'number' || frame.length === 0) return frames;
      frames.push(frame);
    }
  }
}

export interface VdeBenchOptions extends Partial<VdeLinkOptions> {
  readonly port?: number | string;
  /** Of its directory. */
  readonly name?: string;
}

/** A plug, and its switch. */
export class VdeBench extends Bench {
  readonly link: VdeLink;
  readonly told: string[] = [];
  readonly directory: string = mkdtempSync(join(tmpdir(), 'reslirp-vde-'));
  readonly switchDirectory: string;
  switch: FakeSwitch | null = null;
  #hasHungUp: boolean = false;

  /** `stands`: whether the switch is there; at the socket of a port group, when that is said. */
  constructor(loop: Loop, options: VdeBenchOptions = {}, stands: boolean | string = true) {
    super(loop);
    const { port = null, name = 'switch' } = options;
    this.switchDirectory = join(this.directory, name);
    if (stands !== false) this.begin(stands === true ? 'ctl' : stands);
    this.link = new VdeLink({
      loop,
      place: { path: this.switchDirectory, port },
      told: (text) => this.told.push(text),
      ...options,
    });
    this.link.onEnd((error) => this.ends.push(error?.message ?? null));
  }

  /** The switch is there. */
  begin(name: string = 'ctl'): FakeSwitch {
    this.switch = new FakeSwitch(this.switchDirectory, name);
    return this.switch;
  }

  /** And the plug is in it. */
  joined(): this {
    this.settle();
    if (!this.told.some((text) => text.startsWith('joined'))) throw new Error(`not joined: ${this.told} ${this.ends}`);
    return this;
  }

  override turn(times: number = 1): void {
    for (let i = 0; i < times; i++) {
      super.turn();
      if (!this.#hasHungUp) this.switch?.turn();
    }
  }

  send(frame: Uint8Array): void {
    this.switch?.send(frame);
  }

  hangUp(): void {
    this.#hasHungUp = true;
    this.switch?.hangUp();
  }

  take(): Uint8Array[] {
    return this.switch?.take() ?? [];
  }

  override release(): void {
    super.release();
    this.switch?.die();
    if (existsSync(this.directory)) rmSync(this.directory, { recursive: true });
  }
}
