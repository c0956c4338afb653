import type { Audit } from '../../engine/contracts/wire/sales.ts';

/** Something that does not agree with something else: what it is called, what it is about, and a sentence. */
export type Discrepancy = Audit['discrepancies'][number];
