// Where the files come from: whoever runs the server knows a file system, the server does not.

/** Why there is no such file. */
export const FileFault = {
  NOT_FOUND: 'not found',
  /** It is there and not to be had, or no name that may be asked for. */
  DENIED: 'access denied',
  /** Out of descriptors, a broken disk. */
  FAILED: 'the server cannot read it',
} as const;
export type FileFault = (typeof FileFault)[keyof typeof FileFault];

/** All of it answers at once. */
export interface FileSource {
  /** `name` is the guest's: anything, a character for each byte, '' too. What may be opened is for the source to say. */
  open(name: string): OpenFile | FileFault;
}

export interface OpenFile {
  /** Bytes, as of now. */
  readonly size: number;
  /** Fills [at, end) of `into` from byte `position` of the file on. Returns how many bytes; fewer at its end; -1 when it fails. */
  read(into: Uint8Array, at: number, end: number, position: number): number;
  /** Once. */
  close(): void;
}
