/** The instant of this turn, in the driver's milliseconds. Every entry of the stack sets it; nothing else does. */
export class Clock {
  now: number = 0;
}
