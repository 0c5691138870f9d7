export { FramedLink, type FramedLinkOptions } from './framed.ts';
export { BIG_2, BIG_4, Deframer, type Framing, LITTLE_2, LITTLE_4, writeLength } from './framing.ts';
export { delay, type Impairment, type ImpairmentCounters, impair } from './impair.ts';
export { Cut, type FrameHandler, type Link, NO_OFFLOAD, type Offload, type Unfinished } from './link.ts';
export { type PairOptions, pair } from './pair.ts';
export { type PcapOptions, pcap } from './pcap.ts';
export { poison } from './poison.ts';
export { trace } from './trace.ts';
export { Wrapper } from './wrapper.ts';
