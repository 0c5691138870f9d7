// Every name there is: a page cannot ask for addresses, and fetch() needs none. So each name has the same one, and the HTTP
// that goes there says for whom it is.
import type { Query, Service, ServiceNet } from '@reslirp/stack/service';
import * as Dns from '@reslirp/wire/dns';

/** 192.0.2.1, of TEST-NET-1 (RFC 5737). */
const ADDRESS = [192, 0, 2, 1];
const TTL = 60;
/** Name (a pointer to the question's, RFC 1035 4.1.4), type, class, TTL, length, address. */
const ANSWER = [0xc0, Dns.HEADER, 0, 1, 0, 1, 0, 0, 0, TTL, 0, 4, ...ADDRESS];

export function anyName(): Service {
  let net: ServiceNet;
  return {
    name: 'names',
    bindings: [{ protocol: 'udp', port: 53, at: 'nameserver' }],
    egress: false,
    start(given) {
      net = given;
    },
    received(q, now) {
      const reply = answer(q);
      if (reply !== null) net.send(q.to, q.from, null, reply, 0, reply.length, now);
    },
  };
}

/** Null for what is no question. */
function answer({ b, at, end }: Query): Uint8Array | null {
  if (Dns.check(b, at, end) !== 0 || Dns.isResponse(b, at) || Dns.qdCount(b, at) !== 1) return null;
  const last = Dns.questionsEnd(b, at, end);
  if (last < 0) return null;
  const isA = Dns.questionType(b, last - 4) === Dns.Type.A;
  const reply = new Uint8Array(last - at + (isA ? ANSWER.length : 0));
  reply.set(b.subarray(at, last));
  Dns.emit(reply, 0, Dns.id(b, at), Dns.Flag.RESPONSE | Dns.Flag.RD | Dns.Flag.RA, 1);
  if (isA) {
    reply[7] = 1; // ANCOUNT, RFC 1035 4.1.1
    reply.set(ANSWER, last - at);
  }
  return reply;
}
