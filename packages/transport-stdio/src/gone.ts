/** Whether nobody is at the other end any more, and it did not say so. */
export function isReset(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED';
}

/** What broke the cable, in one line. */
export function gone(error: Error): Error {
  if (isReset(error)) return new Error('cable broken: the other end is gone');
  return new Error(`cable broken: ${(error as NodeJS.ErrnoException).code ?? error.message}`);
}
