import type { PaymentProvider } from '../../engine/contracts/ports.ts';

/** A provider that says whether it is being asked at the moment, and how long a charge is waited for. */
export type WatchedProvider = PaymentProvider & {
  /** True while its breaker asks nobody. */
  isAway(): boolean;
  /** So long a charge may take there, its capture included where that is asked for apart. */
  chargeMsMax: number;
};

/** The providers of this shop, in the order in which they are asked. */
export interface Providers {
  /** The first. */
  first: string;
  /** The first that is not away; the first of all where every one is. */
  preferred(): string;
  named(name: string): PaymentProvider | undefined;
  /** Those behind it. */
  after(name: string): PaymentProvider[];
}

/** Throws where there is none. */
export function providersIn(list: readonly WatchedProvider[]): Providers {
  const [first] = list;
  if (!first) throw new RangeError('there is no payment provider');
  return {
    first: first.name,
    preferred: () => (list.find((provider) => !provider.isAway()) ?? first).name,
    named: (name) => list.find((provider) => provider.name === name),
    after: (name) => list.slice(list.findIndex((provider) => provider.name === name) + 1),
  };
}
