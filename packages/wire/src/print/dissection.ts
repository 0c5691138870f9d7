// One frame on its way through the layers: what a dissector is given, and how it hands on what is inside its packet.
import { finish, fold, pseudo4, pseudo6 } from '../checksum.ts';
import * as Ipv4 from '../ipv4.ts';
import * as Ipv6 from '../ipv6.ts';
import type { Family, Layer } from './layers.ts';
import { TftpTalks } from './tftp-talks.ts';
import type { Writer } from './writer.ts';

/** Writes the packet [at, end) of `d.b`, and hands on what is inside. It reads nothing behind `end`. */
export type Dissector = (d: Dissection, at: number, end: number) => void;

/** What a number names, and who can read it. */
export interface Row {
  readonly name: string;
  readonly print?: Dissector;
}

export type Table = Readonly<Record<number, Row>>;

/** Where what is inside a packet is looked up. */
export interface Tables {
  readonly etherTypes: Table;
  readonly protocols: Table;
  /** By ports of UDP. */
  readonly services: Table;
}

/** Packets in packets that are followed: tags, tunnels, quotations. */
const DEEPEST = 8;

export class Dissection {
  readonly out: Writer;
  readonly #tables: Tables;
  /** Who asked port 69 for what. It outlives the frame. */
  readonly talks: TftpTalks = new TftpTalks();
  b: Uint8Array = new Uint8Array(0);
  /** Checksums of the transport are a link's to finish, or have been a link's to look at: they say nothing. */
  offloaded: boolean = false;
  /** The IP header around: version and offset. */
  family: Family | null = null;
  ip: number = 0;
  /** What the IP packet carries is all there, so that it can be summed. */
  whole: boolean = false;
  /** An error message quotes it, which may end anywhere. */
  quoted: boolean = false;
  #source: string = '';
  #destination: string = '';
  #hasPorts: boolean = false;
  #depth: number = 0;

  constructor(out: Writer, tables: Tables) {
    this.out = out;
    this.#tables = tables;
  }

  begin(b: Uint8Array, offloaded: boolean): void {
    this.b = b;
    this.offloaded = offloaded;
    this.family = null;
    this.whole = false;
    this.quoted = false;
    this.#source = '';
    this.#destination = '';
    this.#hasPorts = false;
    this.#depth = 0;
    this.out.clear();
  }

  /** Who speaks to whom, for the line above all layers: the outermost addresses of IP, and ports. */
  get ends(): string {
    return this.#source === '' ? '' : `${this.#source} > ${this.#destination}`;
  }

  between(source: string, destination: string): void {
    if (this.#source !== '') return;
    this.#source = source;
    this.#destination = destination;
  }

  ports(source: number, destination: number): void {
    if (this.#hasPorts || this.quoted) return;
    this.#hasPorts = true;
    const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
    this.#source = `${bracketed(this.#source)}:${source}`;
    this.#destination = `${bracketed(this.#destination)}:${destination}`;
  }

  /** Begins the line of `layer`, or says that it has less than `need` bytes, and false. */
  layer(layer: Layer, name: string, at: number, end: number, need: number, size: number = need): boolean {
    return this.#line(this.#chosen(layer), name, end - at, need, size);
  }

  /** The same for what has no name of its own to be chosen by: it is shown with the IP header around it. */
  carried(name: string, at: number, end: number, need: number, size: number = need): boolean {
    return this.#line(this.family !== null && this.out.chosen(this.family), name, end - at, need, size);
  }

  etherTypeName(type: number): string {
    return this.#tables.etherTypes[type]?.name ?? 'Unknown';
  }

  protocolName(protocol: number): string {
    return this.#tables.protocols[protocol]?.name ?? 'Unknown';
  }

  /** What an Ethernet frame, or a tag, of this type carries. */
  etherType(type: number, at: number, end: number): void {
    this.#deeper(this.#tables.etherTypes[type], at, end);
  }

  /** What an IP packet of this protocol carries. */
  protocol(protocol: number, at: number, end: number): void {
    const row = this.#tables.protocols[protocol];
    if (row?.print !== undefined) this.#deeper(row, at, end);
    else if (this.carried(row?.name ?? `PROTOCOL ${protocol}`, at, end, 0, end - at)) this.out.note('not decoded');
  }

  /** What a datagram between these ports carries. */
  service(from: number, to: number, at: number, end: number): void {
    if (at === end || this.quoted) return;
    const { services } = this.#tables;
    const row = services[to] ?? services[from] ?? this.talks.row(from, to);
    this.#deeper(row, at, end);
  }

  /** An IP packet that an error message quotes: it may end anywhere, and nothing in it is verified. */
  quote(etherType: number, at: number, end: number): void {
    if (at === end || this.quoted) return;
    const { family, ip } = this;
    this.quoted = true;
    this.out.within(() => this.etherType(etherType, at, end));
    this.quoted = false;
    this.family = family;
    this.ip = ip;
  }

  /** The sum of the pseudo header of the IP packet around, for a transport of `length` bytes. */
  pseudo(protocol: number, length: number): number {
    const { b, ip } = this;
    if (this.family === 'ipv6') return pseudo6(b, ip + Ipv6.SRC, protocol, length);
    return pseudo4(Ipv4.src(b, ip), Ipv4.dst(b, ip), protocol, length);
  }

  /** Writes a checksum of a transport; `total`: the sum of all that it covers, itself included. */
  checksum(value: number, total: () => number): void {
    this.out.hex('checksum', value, 4);
    if (this.quoted || !this.whole) return;
    if (this.offloaded) this.out.note('offloaded');
    else this.verdict(value, total());
  }

  /** Says so when an Internet checksum is wrong. */
  verdict(value: number, total: number): void {
    if (fold(total) !== 0xffff)
      this.out.fault(
        `bad checksum, 0x${finish(total - value)
          .toString(16)
          .padStart(4, '0')} is right`,
      );
  }

  #chosen(layer: Layer): boolean {
    const { out, family } = this;
    if (out.chosen(layer)) return true;
    if (layer === 'arp') return out.chosen('ether') || out.chosen('ipv4');
    const isHeader = layer === 'icmp' || layer === 'tcp' || layer === 'udp';
    return isHeader && family !== null && out.chosen(family);
  }

  #line(shown: boolean, name: string, there: number, need: number, size: number): boolean {
    if (there < need) this.out.short(shown, name, there, need);
    else this.out.layer(shown, name, size);
    return there >= need;
  }

  #deeper(row: Row | undefined, at: number, end: number): void {
    if (row?.print === undefined || this.out.full) return;
    if (this.#depth >= DEEPEST) {
      this.out.note('more inside');
      return;
    }
    this.#depth++;
    row.print(this, at, end);
    this.#depth--;
  }
}
