// Who is meant to be at the keyboard: under sudo(8) ssh has to have the keys and the settings of the user who called it.
import { spawnSync } from 'node:child_process';

/** What spawn() has to know; nothing where it is this user. */
export interface Caller {
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: NodeJS.ProcessEnv;
}

export function caller(): Caller {
  const { SUDO_UID = '', SUDO_GID = '', SUDO_USER = '' } = process.env;
  const isSudo = process.getuid?.() === 0 && /^[1-9]\d*$/.test(SUDO_UID) && /^\d+$/.test(SUDO_GID);
  if (!isSudo) return {};
  const entry = spawnSync('getent', ['passwd', SUDO_UID], { encoding: 'utf8' }).stdout ?? '';
  const home = entry.trim().split(':')[5];
  const env = { ...process.env, USER: SUDO_USER, LOGNAME: SUDO_USER, ...(home === undefined ? {} : { HOME: home }) };
  return { uid: Number(SUDO_UID), gid: Number(SUDO_GID), env };
}
