// A TAP in the thread's network namespace, set up as its guest wants it.
import { Interfaces, libc } from '@reslirp/syscall';
import { newTap, type Tap } from '@reslirp/transport-tap';
import { mask4, parse4 } from '@reslirp/wire/address';
import { must } from '../must.ts';

export interface Interface {
  /** 'tap0', or 'tap%d' for the next that is free. */
  readonly name: string;
  /** Null: nothing is set up, the guest does that itself. */
  readonly configuration: Configuration | null;
}

export interface Configuration {
  readonly mtu: number;
  /** IPv4, as text. */
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
  /** 6 bytes; null: the kernel's choice. */
  readonly mac: Uint8Array | null;
}

/** Throws a TapError or a Failure, and leaves nothing behind then. */
export function makeInterface({ name, configuration }: Interface): Tap {
  const tap = newTap(name);
  if (configuration === null) return tap;
  const interfaces = new Interfaces();
  try {
    configure(interfaces, tap.name, configuration);
    return tap;
  } catch (error) {
    libc.close(tap.fd); // and with it goes the interface
    throw error;
  } finally {
    interfaces.close();
  }
}

function configure(interfaces: Interfaces, name: string, { mtu, address, prefix, gateway, mac }: Configuration): void {
  must('lo: up', interfaces.up('lo'));
  if (mac !== null) must(`${name}: MAC address`, interfaces.setMac(name, mac));
  must(`${name}: MTU ${mtu}`, interfaces.setMtu(name, mtu));
  must(`${name}: address ${address}`, interfaces.setAddress(name, parse4(address)!, mask4(prefix)));
  must(`${name}: up`, interfaces.up(name));
  must(`${name}: route by ${gateway}`, interfaces.addDefaultRoute(parse4(gateway)!), {
    EEXIST: 'the namespace has a default route already',
  });
}
