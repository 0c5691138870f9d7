// What every machine does first.
import type { Answer } from './console.ts';

/** The address that DHCP gave. */
export async function lease(machine: { run(line: string): Promise<Answer> }): Promise<string> {
  const { out } = await machine.run('udhcpc -i eth0 -n -q -t 10 -T 1 -s /etc/udhcpc.sh');
  const leased = /^leased (\S+) from /m.exec(out);
  if (leased === null) throw new Error(`no lease:\n${out}`);
  return leased[1]!;
}
