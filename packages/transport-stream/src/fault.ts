// What went wrong with a socket, in one line that says what to do about it.

const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'in use: somebody else listens there',
  EADDRNOTAVAIL: 'it is no address of this machine',
  EACCES: 'this user may not use it',
  EPERM: 'this user may not use it',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name cannot be looked up now',
  ECONNREFUSED: 'nobody listens there',
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'there is no such directory',
  ENOTSOCK: 'it is no socket',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'the other end hung up',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by itself, and not known',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is signed by nobody known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is signed by nobody known',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
};

/** An error that says it: `where` first. */
export function fault(where: string, error: unknown): Error {
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  const words = WORDS[code] ?? (code === 'EPROTO' || code.startsWith('ERR_SSL') ? `no TLS there (${code})` : message);
  return new Error(`${where}: ${words}`);
}
