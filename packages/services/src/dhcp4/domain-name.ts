// Names as people write them in a configuration, RFC 1035 2.3.1 and 2.3.4, RFC 1123 2.1.
import { ConfigError } from '@reslirp/stack';

const MAX_LABEL = 63;
/** Of the wire form: each label with its length byte, and the root's. */
const MAX_NAME = 255;

/**
 * The labels of 'corp.example' or 'corp.example.'. Throws ConfigError on an empty label, one over 63 bytes, a name over 255
 * bytes, and on anything but letters, digits, '-' and '_' (an internationalised name is given in its ASCII form, RFC 5891).
 */
export function labels(field: string, name: string): string[] {
  const parts = (name.endsWith('.') ? name.slice(0, -1) : name).split('.');
  let wire = 1;
  for (const label of parts) {
    if (label === '') throw new ConfigError(field, `'${name}' has an empty label`);
    if (label.length > MAX_LABEL) throw new ConfigError(field, `'${label}' is longer than ${MAX_LABEL} bytes`);
    if (!/^[A-Za-z0-9_-]+$/.test(label)) {
      throw new ConfigError(field, `'${label}' may have letters, digits, '-' and '_' only`);
    }
    wire += 1 + label.length;
  }
  if (wire > MAX_NAME) throw new ConfigError(field, `'${name}' is longer than ${MAX_NAME} bytes`);
  return parts;
}

/** The bytes of ASCII text. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
