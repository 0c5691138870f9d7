/** What broke the cable, in one line. */
export function gone(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED') {
    return new Error('cable broken: the other end is gone');
  }
  return new Error(`cable broken: ${code ?? error.message}`);
}
