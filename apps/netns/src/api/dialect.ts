// The requests that slirp4netns knows, and its words for those that it does not.
import { parse4 } from '@reslirp/wire/address';
import type { Entry, Forwards } from './forwards.ts';

type Fields = Readonly<Record<string, unknown>>;

export function badRequest(why: string): object {
  return { error: { desc: `bad request: ${why}` } };
}

/** The answer to `request`, any JSON value. Never rejects. */
export async function answer(request: unknown, forwards: Forwards): Promise<object> {
  if (!isFields(request)) return badRequest('json_object() failed');
  const given = request['arguments'];
  const fields = isFields(given) ? given : {};
  switch (request['execute']) {
    case 'add_hostfwd':
      return add(fields, forwards);
    case 'list_hostfwd':
      return list(forwards);
    case 'remove_hostfwd':
      return remove(fields, forwards);
    default:
      return badRequest(typeof request['execute'] === 'string' ? 'unknown execute' : 'no execute found');
  }
}

async function add(fields: Fields, forwards: Forwards): Promise<object> {
  const bad = (what: string): object => badRequest(`add_hostfwd: bad arguments.${what}`);
  const proto = fields['proto'];
  const hostAddress = fields['host_addr'] === undefined || fields['host_addr'] === '' ? '0.0.0.0' : fields['host_addr'];
  const guestAddress =
    fields['guest_addr'] === undefined || fields['guest_addr'] === '' ? forwards.guest : fields['guest_addr'];
  const hostPort = fields['host_port'];
  const guestPort = fields['guest_port'];
  if (proto !== 'tcp' && proto !== 'udp') return bad('proto');
  if (!isAddress(hostAddress)) return bad('host_addr');
  if (!isPort(hostPort)) return bad('host_port');
  if (!isAddress(guestAddress)) return bad('guest_addr');
  if (!isPort(guestPort)) return bad('guest_port');
  const entry = {
    proto,
    host_addr: hostAddress,
    host_port: hostPort,
    guest_addr: guestAddress,
    guest_port: guestPort,
  } as const;
  const id = await forwards.add(entry);
  return id === null ? badRequest('add_hostfwd: slirp_add_hostfwd failed') : { return: { id } };
}

/** The original's manual has the entries inside `return`, and its program has them outside: scripts of both kinds exist. */
function list(forwards: Forwards): object {
  const entries: readonly Entry[] = forwards.list();
  return { return: { entries }, entries };
}

async function remove(fields: Fields, forwards: Forwards): Promise<object> {
  const known = await forwards.remove(Number(fields['id']));
  return known ? { return: {} } : badRequest('remove_hostfwd: bad arguments.id');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && parse4(value) !== null;
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}
