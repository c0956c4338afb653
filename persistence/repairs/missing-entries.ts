import type { OrderId, PaymentId } from '../../engine/contracts/ids.ts';
import type { Discrepancy } from '../discrepancies/discrepancy.ts';
import {
  type AccountAtFault,
  type EntryAtFault,
  readEntriesAtFault,
} from '../discrepancies/entries-at-fault.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { type Repaired, recorded } from './repaired.ts';

const postEntry = statement<{ id: number }>('post-entry');
const lostCaptures = statement<{ payment_id: PaymentId; order_id: OrderId }>('lost-captures');

/** Of entries by what they are about; those without a reference are orders as they were confirmed. */
const kindOf = (reference: string | null): string => {
  if (reference === null) return 'order_confirmed';
  if (reference.startsWith('pay_')) return 'captured_late';
  return reference.startsWith('rfd_') ? 'order_refunded' : 'units_returned';
};

/**
 * Posts entries that should have been posted together with the rows that ask for them. What they have to say
 * follows from those rows, and only where these agree with each other: each asset goes from one account to one
 * other. Whoever posts one at the same time wins, once.
 */
export function postMissingEntries(
  on: PostgresPool,
  saleId: string,
  found: readonly Discrepancy[],
): Promise<Repaired[]> {
  return inTransaction(on, async (transaction) => {
    const bySubject = new Map(found.map((one) => [one.subject, one]));
    const missing = (await readEntriesAtFault(transaction, saleId)).filter(
      ({ subject, accounts: [{ is_posted, order_id }] }) =>
        !is_posted && order_id !== null && bySubject.has(subject),
    );
    const orders = [...new Set(missing.map(({ accounts: [{ order_id }] }) => order_id))];
    const captures = await lostCaptures(transaction, [saleId, orders]);
    const posted: Repaired[] = [];
    for (const entry of missing) {
      const moves = movesOf(entry);
      const [{ order_id, reference }] = entry.accounts;
      const payments = captures.filter((capture) => capture.order_id === order_id);
      // Of an order that was paid twice it is not certain which payment an entry was about.
      if (!moves || payments.length > 1) continue;
      const kind = kindOf(reference);
      // Units come back without money.
      const paymentId = kind === 'units_returned' ? null : (payments[0]?.payment_id ?? null);
      const [posting] = await postEntry(transaction, [
        kind,
        saleId,
        order_id,
        paymentId,
        reference,
        moves.map(({ source }) => source),
        moves.map(({ destination }) => destination),
        moves.map(({ asset }) => asset),
        moves.map(({ amount }) => amount),
      ]);
      const one = bySubject.get(entry.subject);
      if (!posting || !one) continue;
      posted.push(await recorded(transaction, saleId, one, `posted as transaction ${posting.id}`));
    }
    return posted;
  });
}

/** What moves from where to where; null where the rows do not agree about it. */
function movesOf({ accounts }: EntryAtFault) {
  const assets = [...new Set(accounts.map(({ asset }) => asset))];
  const moves = assets.map((asset) => {
    const of = accounts.filter((account) => account.asset === asset);
    const [from, to] = of.toSorted((a, b) => a.expected - b.expected) as [AccountAtFault, AccountAtFault?];
    const isWhole = to !== undefined && of.length === 2 && from.expected === -to.expected;
    return isWhole ? { source: from.account, destination: to.account, asset, amount: to.expected } : null;
  });
  return moves.every((move) => move !== null) ? moves : null;
}
