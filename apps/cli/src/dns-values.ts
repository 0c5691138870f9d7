// Values of the DNS options.
import { Endpoint } from '@reslirp/stack/endpoint';
import { type Kind, NAME } from './values.ts';

const DNS_PORT = 53;

/** Who is asked for names of `domain`; null: for all that no domain is given for. No servers: nobody. */
export interface DnsServersValue {
  readonly domain: string | null;
  readonly servers: readonly string[];
}

export const DNS_SERVERS: Kind<DnsServersValue> = {
  accepts: 'a list of servers such as 9.9.9.9,[2001:db8::1]:5353, or corp.example=10.1.2.3, or lan= for nobody',
  read(text) {
    const [, domain = null, list = ''] = /^(?:([^=]+)=)?(.*)$/s.exec(text)!;
    const servers = list === '' ? [] : list.split(',');
    if (!servers.every((server) => Endpoint.read(server, DNS_PORT) !== null)) return null;
    if (domain === null) return servers.length === 0 ? null : { domain, servers };
    return NAME.read(domain) === null ? null : { domain, servers };
  },
};

export interface DnsHostValue {
  readonly name: string;
  readonly addresses: readonly string[];
}

export const DNS_HOST: Kind<DnsHostValue> = {
  accepts: 'a name and its addresses, such as db.example=10.0.2.2 or db.example=192.0.2.1,2001:db8::1',
  read(text) {
    const [name = '', list = '', ...more] = text.split('=');
    const addresses = list.split(',');
    const isHost = more.length === 0 && NAME.read(name) !== null && addresses.every((a) => Endpoint.parse(a) !== null);
    return isHost ? { name, addresses } : null;
  },
};

export const DNS_ZONE: Kind<{ readonly name: string | null }> = {
  accepts: 'a domain such as reslirp.internal, or none',
  read(text) {
    if (text === 'none') return { name: null };
    return NAME.read(text) === null ? null : { name: text };
  },
};
