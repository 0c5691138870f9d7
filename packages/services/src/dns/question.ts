// A guest's message as a question: checked once, its bytes kept as they came.
import * as Dns from '@reslirp/wire/dns';
import * as Records from '@reslirp/wire/dns-records';
import { nameText } from './name.ts';

/** A question that is longer than this is none. RFC 1035 allows 255 bytes of name; EDNS options may follow. */
export const LONGEST = 4_096;
/** RFC 6895 3.1: QTYPEs and other metatypes, whose answers are about more than a type. */
const FIRST_META = 128;
const LAST_META = 255;
/** EDNS options that change nothing in the answer's records: keepalive, padding, cookie. */
const HARMLESS: ReadonlySet<number> = new Set([11, 12, 10]);

/** What a client says of itself in an OPT record, RFC 6891 6.1. */
export interface Edns {
  /** Of the largest answer over UDP. */
  readonly size: number;
  readonly dnssecOk: boolean;
  readonly version: number;
}

export interface Question {
  /** A copy of the whole message. */
  readonly message: Uint8Array;
  /** Where the question ends in it, and the rest begins. */
  readonly end: number;
  /** In lower case, without the last dot; '' for the root. Bytes that are no text of a name are \\DDD. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Null: a client without EDNS. */
  readonly edns: Edns | null;
  /** Nothing in it asks for an answer of its own: what one client was told, another may be told. */
  readonly plain: boolean;
}

/** The question in [at, end), a query with a whole header; an Rcode when it is none that can be answered. */
export function readQuestion(b: Uint8Array, at: number, end: number): Question | number {
  if (Dns.opcode(b, at) !== Dns.Opcode.QUERY) return Dns.Rcode.NOT_IMPLEMENTED;
  // RFC 9619: one question
  if (end - at > LONGEST || Dns.qdCount(b, at) !== 1) return Dns.Rcode.FORMAT;
  const message = b.slice(at, end);
  const behind = Dns.questionsEnd(message, 0, message.length);
  const opt = behind < 0 ? null : readRest(message, behind);
  if (opt === null) return Dns.Rcode.FORMAT;
  const afterName = behind - 4;
  const type = Dns.questionType(message, afterName);
  const questionClass = Dns.questionClass(message, afterName);
  const isMeta = (type >= FIRST_META && type <= LAST_META) || type === Dns.Type.OPT;
  const recursive = (Dns.flags(message, 0) & Dns.Flag.RD) !== 0;
  return {
    message,
    end: behind,
    name: nameText(message, Dns.HEADER),
    type,
    class: questionClass,
    edns: opt.edns,
    plain: opt.plain && recursive && !isMeta && questionClass === Dns.Class.IN,
  };
}

interface Rest {
  edns: Edns | null;
  plain: boolean;
}

/** What follows the question: nothing, an OPT record, or what is for the resolver to understand. Null: malformed. */
function readRest(b: Uint8Array, p: number): Rest | null {
  const rest: Rest = { edns: null, plain: true };
  let opts = 0;
  const last = Records.walk(b, 0, b.length, p, (section, fixed, next) => {
    const isOpt = section === Records.Section.ADDITIONAL && Records.type(b, fixed) === Dns.Type.OPT;
    if (!isOpt) rest.plain = false;
    else {
      opts++;
      const said = Records.extension(b, fixed);
      const version = (said >>> 16) & 0xff;
      rest.edns = { size: Records.classOf(b, fixed), dnssecOk: (said & Records.DNSSEC_OK) !== 0, version };
      if (version !== 0 || !isHarmless(b, fixed + Records.FIXED, next)) rest.plain = false;
    }
  });
  return last === b.length && opts <= 1 ? rest : null; // RFC 6891 6.1.1: more than one is malformed
}

/** RFC 6891 6.1.2: options are code, length, data. */
function isHarmless(b: Uint8Array, p: number, end: number): boolean {
  while (p + 4 <= end) {
    if (!HARMLESS.has((b[p]! << 8) | b[p + 1]!)) return false;
    p += 4 + ((b[p + 2]! << 8) | b[p + 3]!);
  }
  return p === end;
}

/** The longest answer that the client takes over UDP. */
export function largestAnswer({ edns }: Question): number {
  return Math.max(Dns.MAX_UDP, edns?.size ?? 0); // RFC 6891 6.2.3: less than 512 is 512
}
