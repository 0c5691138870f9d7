// What the two SYNs agree on: RFC 9293 3.7.1 (MSS), RFC 7323 (window scale, timestamps), RFC 2018 (SACK).
import { HEADER } from '@reslirp/wire/tcp';
import type { Endpoint } from '../endpoint.ts';
import type { Context } from './context.ts';
import type { Flow } from './flow.ts';
import type { Segment } from './segment.ts';
import { add } from './seq.ts';

/** RFC 9293 3.7.1: what a guest that says nothing can take. */
const DEFAULT_MSS = 536;
/** A guest may ask for less than this, and is not believed: headers would outweigh the bytes. */
const LEAST_MSS = 64;
/** A window that the guest may fill before the first growth. */
const FIRST_WINDOW = 1 << 18;
const MAX_UNSCALED = 0xffff;
/** Of the timestamps option in every segment, padded. */
const TIMESTAMPS = 12;

/** What our SYN offers, when the guest has not sent its own. */
export function offerAll(c: Context, f: Flow): void {
  f.scaling = true;
  f.rcvScale = scaleOf(c);
  f.rcvLimitMost = c.env.buffer;
  f.rcvLimit = Math.min(f.rcvLimitMost, FIRST_WINDOW);
  f.sack = true;
  f.timestamps = true;
  f.mss = c.env.ip.limit(f.guest) - HEADER - TIMESTAMPS;
}

/** Payload of a full segment: the guest's MSS or what IP carries, less the options of every segment (RFC 6691). */
export function sendMss(c: Context, guest: Endpoint, s: Segment): number {
  const offered = s.options.mss < 0 ? DEFAULT_MSS : Math.max(s.options.mss, LEAST_MSS);
  const options = s.options.timestamps ? TIMESTAMPS : 0;
  return Math.min(offered, c.env.ip.limit(guest) - HEADER) - options;
}

/** What the guest's SYN says about everything after it. */
export function negotiate(c: Context, f: Flow, s: Segment): void {
  f.irs = s.seq;
  f.rcvNxt = f.rcvAdv = f.rcvAcked = f.rcvGrownAt = add(s.seq, 1);
  f.sndWnd = f.sndWndMax = s.window;
  f.sndWl1 = s.seq;
  f.sndWl2 = f.iss;
  f.scaling = s.options.windowScale >= 0;
  f.sndScale = f.scaling ? s.options.windowScale : 0;
  f.rcvScale = f.scaling ? scaleOf(c) : 0;
  f.rcvLimitMost = f.scaling ? c.env.buffer : MAX_UNSCALED;
  f.rcvLimit = Math.min(f.rcvLimitMost, FIRST_WINDOW);
  f.sack = s.options.sackPermitted;
  f.timestamps = s.options.timestamps;
  f.tsRecent = s.options.tsVal;
  f.tsRecentAt = c.now;
}

/** So that the largest window can be said in 16 bits. */
function scaleOf(c: Context): number {
  let scale = 0;
  while (c.env.buffer >>> scale > MAX_UNSCALED) scale++;
  return scale;
}
