// Who listens to a link: the part of the contract that every implementation has in common.
import type { FrameHandler } from './link.ts';

export abstract class Handlers {
  protected frame: FrameHandler = () => {};
  protected room: () => void = () => {};
  protected end: (error: Error | null) => void = () => {};

  onFrame(handler: FrameHandler): void {
    this.frame = handler;
  }

  onRoom(handler: () => void): void {
    this.room = handler;
  }

  onEnd(handler: (error: Error | null) => void): void {
    this.end = handler;
  }
}
