/**
 * The catalogue of everything that may not agree about a sale. `repair` is what the reconciler does about it
 * where that is certain to be right, null where a person has to decide; docs/discrepancies.md, which is tested
 * against this table, says what each one means and what to do.
 *
 * `confirm` and `unpin`: Redis follows Postgres about one hold · `wake`: workers look at a payment again ·
 * `fail`: an order whose hold has ended · `adjust`: Redis gets the units of the rows · `follow`: the rows get the
 * state that Redis decided · `count`: the guard is counted again from its orders · `post`: the entry that was never posted ·
 * `rebuild`: the sale begins another epoch, rebuilt from Postgres.
 */
export const discrepancyKinds = {
  missingInLedger: { repair: 'post' },
  orphanEntry: { repair: null },
  amountMismatch: { repair: null },
  unitsMismatch: { repair: null },
  ledgerUnbalanced: { repair: null },
  sealBroken: { repair: null },

  guardMismatch: { repair: 'count' },
  orphanPayment: { repair: null },
  paidTwice: { repair: null },
  missingPayment: { repair: null },
  stuckSaga: { repair: 'wake' },
  unresolvedPayment: { repair: null },
  stuckOrder: { repair: 'fail' },
  stuckRefund: { repair: null },
  stuckReturn: { repair: null },

  unitsDoNotAddUp: { repair: 'rebuild' },
  countersMismatch: { repair: 'rebuild' },
  buyerMismatch: { repair: 'rebuild' },
  turnMismatch: { repair: 'rebuild' },
  orphanHold: { repair: 'rebuild' },
  orphanDeadline: { repair: 'rebuild' },
  unreadable: { repair: 'rebuild' },
  saleMissing: { repair: 'rebuild' },
  missingInRedis: { repair: 'rebuild' },

  unconfirmedHold: { repair: 'confirm' },
  lapsedPin: { repair: 'unpin' },
  missingInPostgres: { repair: null },
  missingInJournal: { repair: null },
  holdMismatch: { repair: null },
  saleUnitsMismatch: { repair: 'adjust' },
  saleStateMismatch: { repair: 'follow' },
  relayStuck: { repair: null },
} as const satisfies Record<string, { repair: Repair | null }>;

export type Repair =
  | 'post'
  | 'count'
  | 'wake'
  | 'fail'
  | 'rebuild'
  | 'confirm'
  | 'unpin'
  | 'adjust'
  | 'follow';
export type DiscrepancyKind = keyof typeof discrepancyKinds;
