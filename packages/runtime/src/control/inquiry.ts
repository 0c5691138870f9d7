// What a network is asked, or told, while it runs. All of it is plain data: it crosses threads.
import type { OwnName } from '@reslirp/services';
import type { FlowInfo, FlowPage, NeighbourInfo } from '@reslirp/stack';
import type { Counters } from '../snapshot.ts';

/** It was not done, and why, in a sentence. */
export interface Refused {
  readonly refused: 'unknown' | 'conflict' | 'invalid' | 'failed';
  readonly why: string;
}

export interface Lease {
  readonly family: 4 | 6;
  readonly address: string;
  readonly mac: string | null;
  readonly client: string;
  readonly name: string | null;
  readonly state: 'offered' | 'bound' | 'released' | 'declined' | 'expired';
  /** ISO 8601, by the clock of the wall; null: never. */
  readonly expires: string | null;
}

interface Part {
  /** `next` of the part before; null: the first one. */
  readonly after: string | null;
  readonly limit: number;
}

export type Inquiry =
  | ({
      readonly kind: 'flows';
      readonly protocol: FlowInfo['protocol'] | null;
      /** An address. */
      readonly guest: string | null;
    } & Part)
  | { readonly kind: 'endFlow'; readonly id: string }
  | ({ readonly kind: 'leases' } & Part)
  | { readonly kind: 'names' }
  | { readonly kind: 'setName'; readonly name: string; readonly addresses: readonly string[] }
  | { readonly kind: 'removeName'; readonly name: string }
  | { readonly kind: 'forgetAnswers' }
  | { readonly kind: 'neighbours' }
  | { readonly kind: 'counters' };

/** Beside a refusal. */
export interface Replies {
  readonly flows: FlowPage;
  readonly endFlow: null;
  readonly leases: { readonly leases: readonly Lease[]; readonly next: string | null };
  readonly names: { readonly names: readonly OwnName[] };
  readonly setName: null;
  readonly removeName: null;
  readonly forgetAnswers: { readonly forgotten: number };
  readonly neighbours: { readonly neighbours: readonly NeighbourInfo[] };
  readonly counters: { readonly counters: Readonly<Record<string, Counters>> };
}

export type Reply<K extends Inquiry['kind'] = Inquiry['kind']> = Replies[K] | Refused;

export function isRefused<T extends object>(reply: T | Refused | null): reply is Refused {
  return reply !== null && 'refused' in reply;
}
