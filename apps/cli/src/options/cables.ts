// The cables that are not standard input and output.
import { BIG_2, BIG_4, type Framing, LITTLE_2 } from '@reslirp/link';
import type { Place } from '@reslirp/transport-stream/place';
import { parseVde, type VdeUrl } from '@reslirp/transport-vde';
import { FILE, type Kind, number, PATH, PLACE } from '../values.ts';
import { append, appendAll, flag, into, type Option } from './option.ts';

/** A way in which guests come. */
export type Way = PlaceWay | VdeWay | PacketsWay;

export type PlaceWay =
  | { readonly kind: 'listen' | 'reverse' | 'ws'; readonly place: Place }
  | { readonly kind: 'qemu'; readonly how: QemuWay; readonly place: Place };

/** A switch, which the network joins. */
export interface VdeWay {
  readonly kind: 'vde';
  readonly url: VdeUrl;
}

/** A unix socket of packets. */
export interface PacketsWay {
  readonly kind: 'seqpacket';
  readonly path: string;
}

export type QemuWay = 'listen' | 'connect' | 'udp';

/** What was asked for. A field is absent when its option was not given. */
export interface CableChoices {
  ways?: readonly Way[];
  framing?: Framing;
  tokenFile?: string;
  tlsCert?: string;
  tlsKey?: string;
  tls?: boolean;
  tlsCa?: string;
  maxGuests?: number;
  reconnect?: boolean;
  keep?: number;
  shared?: boolean;
  isolated?: boolean;
  origins?: readonly string[];
}

const FRAMINGS: Readonly<Record<string, Framing>> = { vde: BIG_2, gvproxy: LITTLE_2, qemu: BIG_4 };

const FRAMING: Kind<Framing> = {
  accepts: `one of ${Object.keys(FRAMINGS).join(', ')}`,
  read: (text) => (Object.hasOwn(FRAMINGS, text) ? FRAMINGS[text]! : null),
};

/** As browsers say it (RFC 6454 6.2); 'null' is a file's. */
const ORIGINS: Kind<readonly string[]> = {
  accepts: "a list of origins such as https://a.example,http://b.example:8080; or '*'",
  read(text) {
    const origins = text.split(',');
    return origins.every((o) => o === '*' || o === 'null' || (URL.canParse(o) && new URL(o).origin === o))
      ? origins
      : null;
  },
};

const QEMU: Kind<Way> = {
  accepts: 'a place such as 9000 or unix:/tmp/net.sock; after connect: where QEMU listens, after udp: for datagrams',
  read(text) {
    const [, how, rest] = /^(?:(connect|udp):)?(.*)$/s.exec(text)!;
    const place = PLACE.read(rest!);
    return place === null ? null : { kind: 'qemu', how: (how ?? 'listen') as QemuWay, place };
  },
};

const VDE: Kind<Way> = {
  accepts:
    'a VDE network such as vde:///run/vde.ctl, /run/vde.ctl, vde:///run/vde.ctl[5], or vde:// for the usual switch',
  read(text) {
    const url = parseVde(text);
    return url === null ? null : { kind: 'vde', url };
  },
};

const PACKETS = 'seqpacket:';

const LISTEN: Kind<Way> = {
  accepts: `${PLACE.accepts}; or seqpacket:/run/user/1000/packets`,
  read(text) {
    if (text.startsWith(PACKETS)) {
      const path = PATH.read(text.slice(PACKETS.length));
      return path === null ? null : { kind: 'seqpacket', path };
    }
    const place = PLACE.read(text);
    return place === null ? null : { kind: 'listen', place };
  },
};

const AS_WAY = (kind: 'reverse' | 'ws'): Kind<Way> => ({
  accepts: PLACE.accepts,
  read(text) {
    const place = PLACE.read(text);
    return place === null ? null : { kind, place };
  },
});

export const DEFAULT_MAX_GUESTS = 64;

export const CABLE_OPTIONS: readonly Option[] = [
  {
    group: 'Cables',
    long: 'listen',
    value: 'WHERE',
    help: 'guests come to [HOST:]PORT or unix:PATH; or one to seqpacket:PATH',
    ...append('ways', LISTEN),
  },
  {
    group: 'Cables',
    long: 'reverse',
    value: 'WHERE',
    help: 'the network goes to HOST:PORT or unix:PATH, where a guest listens',
    ...append('ways', AS_WAY('reverse')),
  },
  {
    group: 'Cables',
    long: 'qemu',
    value: 'WHERE',
    help: 'for QEMU: [HOST:]PORT, unix:PATH, connect:WHERE or udp:PORT',
    ...append('ways', QEMU),
  },
  {
    group: 'Cables',
    long: 'vde',
    value: 'URL',
    help: 'a plug in a vde_switch: vde:///PATH[PORT], PATH, or vde://',
    ...append('ways', VDE),
  },
  {
    group: 'Cables',
    long: 'ws',
    value: 'WHERE',
    help: 'guests come as WebSockets, a frame in each message, as of v86',
    ...append('ways', AS_WAY('ws')),
  },
  {
    group: 'Cables',
    long: 'origin',
    value: 'LIST',
    help: "pages that may use --ws: https://a.example,…, or '*'; else ours",
    ...appendAll('origins', ORIGINS),
  },
  {
    group: 'Cables',
    long: 'framing',
    value: 'KIND',
    help: 'length before frames of --listen, --reverse: vde, gvproxy, qemu',
    default: 'vde',
    ...into('framing', FRAMING),
  },
  {
    group: 'Cables',
    long: 'token-file',
    value: 'FILE',
    help: 'guests must know its first line; others than this machine need one',
    ...into('tokenFile', FILE),
  },
  {
    group: 'Cables',
    long: 'tls-cert',
    value: 'FILE',
    help: 'the certificate, with which --listen and --ws speak TLS',
    ...into('tlsCert', FILE),
  },
  { group: 'Cables', long: 'tls-key', value: 'FILE', help: 'its key', ...into('tlsKey', FILE) },
  { group: 'Cables', long: 'tls', help: 'TLS to where --reverse goes', ...flag('tls') },
  {
    group: 'Cables',
    long: 'tls-ca',
    value: 'FILE',
    help: 'whom --tls believes, instead of whom the system does',
    ...into('tlsCa', FILE),
  },
  {
    group: 'Cables',
    long: 'reconnect',
    help: 'try again where nobody listens, or a switch has gone, for ever',
    ...flag('reconnect'),
  },
  {
    group: 'Cables',
    long: 'keep',
    value: 'SECONDS',
    help: 'a guest whose cable breaks may come back to its flows for so long',
    default: '0',
    ...into('keep', number(0, 86_400)),
  },
  { group: 'Cables', long: 'shared', help: 'all guests are in one network, as on a switch', ...flag('shared') },
  {
    group: 'Cables',
    long: 'isolated',
    help: 'guests of --shared do not reach each other',
    ...flag('isolated'),
  },
  {
    group: 'Cables',
    long: 'max-guests',
    value: 'N',
    help: 'guests at once; the next one is sent away',
    default: String(DEFAULT_MAX_GUESTS),
    ...into('maxGuests', number(1, 4_096)),
  },
];
