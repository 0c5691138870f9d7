// How reslirp comes to a machine that has nothing but Node: a short program as an argument of `node -e`, which reads the
// long one from its standard input and becomes it. Nothing is written there.
import { gzipSync } from 'node:zlib';

/** The oldest Node that understands the long program. */
export const OLDEST_NODE = 20;
/** Exit status of a Node that is older. It has said its version then. */
export const TOO_OLD = 79;

/** What the long program is told. */
export interface RemoteOrder {
  /** What is said before the first frame. */
  readonly marker: string;
  /** Of the command line of reslirp. */
  readonly args: readonly string[];
  /** An installed reslirp of this version is preferred: it has a native part. */
  readonly version: string;
  /** The virtual network, to be told when the machine is in one of these addresses itself. */
  readonly network: string;
}

export interface Shipment {
  /** For `node -e`. */
  readonly bootstrap: string;
  /** For its standard input. */
  readonly opening: Uint8Array;
}

/** `program`: CommonJS, whose exports have serve(order). */
export function shipment(program: string, order: RemoteOrder): Shipment {
  const text = `(function(exports,module){${program}\n;module.exports.serve(${JSON.stringify(order)})})({},{exports:{}})`;
  const opening = gzipSync(text);
  return { bootstrap: bootstrap(opening.length), opening };
}

/**
 * It passes through sh, csh, fish, cmd.exe and PowerShell between double quotes as it is, and needs none where it is handed over as
 * an argument: no quotes, spaces, dollars, percents, backslashes, backticks, exclamation marks, ampersands, bars, or angle brackets.
 * What -e runs has the modules of Node as globals, and `require`. A descriptor that another program left non-blocking may say EAGAIN.
 */
function bootstrap(size: number): string {
  return [
    `if(Math.min(parseInt(process.versions.node),${OLDEST_NODE})-${OLDEST_NODE}){`,
    `console.log(process.version);process.exit(${TOO_OLD})}`,
    `b=Buffer.alloc(${size});`,
    `for(n=0;n-${size};)try{(k=fs.readSync(0,b,n,${size}-n,null))?n+=k:process.exit(1)}`,
    'catch(e){if(e.errno+os.constants.errno.EAGAIN)throw(e);',
    'Atomics.wait(new(Int32Array)(new(SharedArrayBuffer)(4)),0,0,9)}',
    '(0,eval)(String(zlib.gunzipSync(b)))',
  ].join('');
}
