// What can be chosen by name: the layers of a frame, as far as somebody wants to see one without the others.

/** ETHER has tags, LLC, LLDP and spanning trees in it; ICMP has NDP and MLD; DHCP and DNS are of both versions of IP. */
export const LAYERS = ['ether', 'arp', 'ipv4', 'ipv6', 'icmp', 'tcp', 'udp', 'dhcp', 'dns', 'tftp', 'ncsi'] as const;

export type Layer = (typeof LAYERS)[number];

/** Versions of IP: to choose one is to choose the headers that it carries too. */
export type Family = Extract<Layer, 'ipv4' | 'ipv6'>;
