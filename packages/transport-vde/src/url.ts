// Names of VDE networks, as vde_plug(1) and libvdeplug_vde(1) have them:
//
//   vde:///run/vde.ctl        a switch: the directory of its sockets      /run/vde.ctl   the same
//   vde:///run/vde.ctl[5]     its port 5                                  vde://         the usual one
//   vde:///run/vde.ctl[lan]   its port group `lan`                        vxvde://…      others, which vde_plug knows

export interface VdeUrl {
  /** With its scheme. */
  readonly text: string;
  /** Null: not a switch. */
  readonly switch: SwitchName | null;
}

export interface SwitchName {
  /** The directory of its sockets; null: where one usually is. */
  readonly path: string | null;
  /** Which port of it: a number, or a group's name. Null: any that is free. */
  readonly port: number | string | null;
}

/** Numbers of ports have 24 bits in a request; no switch has as many. */
const MOST_PORTS = 0xffff;

/** Null: that is no name of a VDE network. */
export function parseVde(text: string): VdeUrl | null {
  if (text.includes('\0')) return null;
  const [, scheme = 'vde', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/s.exec(text)!;
  if (scheme !== 'vde') return { text, switch: null };
  const named = text === '' ? null : switchOf(rest);
  return named === null ? null : { text: `vde://${rest}`, switch: named };
}

function switchOf(text: string): SwitchName | null {
  const [whole, path = '', port] = /^([^[\]]*)(?:\[([^[\]/=]+)\])?$/s.exec(text) ?? [];
  if (whole === undefined) return null;
  const named = { path: path === '' ? null : path };
  if (port === undefined) return { ...named, port: null };
  if (!/^\d+$/.test(port)) return { ...named, port };
  return Number(port) <= MOST_PORTS ? { ...named, port: Number(port) } : null;
}
