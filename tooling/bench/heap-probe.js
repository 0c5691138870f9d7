// Loaded before the program under test: on SIGUSR2 it says how large the main thread's heap is, once all that is garbage has gone.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('SIGUSR2', () => {
    globalThis.gc?.();
    process.stderr.write(`heap ${process.memoryUsage().heapUsed}\n`);
  });
}
