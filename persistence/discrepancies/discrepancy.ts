import type { DiscrepancyKind } from '../../engine/contracts/discrepancies.ts';

/** Something that does not agree with something else. */
export interface Discrepancy {
  kind: DiscrepancyKind;
  /** The sale, SKU, reservation, order, payment, refund or seal that it is about. */
  subject: string;
  /** What was compared, in a sentence. */
  detail: string;
}

/** Two that are the same, though their numbers may have moved on. */
export const nameOf = ({ kind, subject }: Discrepancy): string => `${kind} ${subject}`;

/** Of several with one name, one that says all of it: a cancelled order and its return have the same id. */
export function merged(found: readonly Discrepancy[]): Discrepancy[] {
  const byName = new Map<string, Discrepancy>();
  for (const one of found) {
    const known = byName.get(nameOf(one));
    byName.set(nameOf(one), known ? { ...known, detail: `${known.detail}; ${one.detail}` } : one);
  }
  return [...byName.values()];
}
