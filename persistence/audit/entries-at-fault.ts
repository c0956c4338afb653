import type { OrderId } from '../../engine/contracts/ids.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { Discrepancy } from './discrepancy.ts';

/** An account of an entry as `verify-entries.sql` selects it, where it is not what the other rows ask for. */
interface AccountAtFault {
  /** Null where it is about the sale as a whole: the units that were brought. */
  order_id: OrderId | null;
  /** The refund, return or late payment; null where it is about the order as it was confirmed. */
  reference: string | null;
  account: string;
  asset: string;
  expected: number;
  posted: number;
  is_expected: boolean;
  is_posted: boolean;
}

const verifyEntries = statement<AccountAtFault>('verify-entries');

/** Where the journal of a sale is not what its orders, payments, refunds, returns and units say it should be. */
export async function entriesAtFault(on: Postgres, saleId: string): Promise<Discrepancy[]> {
  const entries = new Map<string, AccountAtFault[]>();
  for (const row of await verifyEntries(on, [saleId])) {
    const of = JSON.stringify([row.order_id, row.reference]);
    entries.set(of, [...(entries.get(of) ?? []), row]);
  }
  return [...entries.values()].flatMap((accounts) => discrepanciesOf(saleId, accounts));
}

function discrepanciesOf(saleId: string, accounts: readonly AccountAtFault[]): Discrepancy[] {
  const [first] = accounts as [AccountAtFault];
  const subject = first.reference ?? first.order_id ?? saleId;
  const of = first.reference === null || first.order_id === null ? '' : ` of ${first.order_id}`;
  const found = (kind: Discrepancy['kind'], rows: readonly AccountAtFault[]): Discrepancy[] =>
    rows.length === 0 ? [] : [{ kind, subject, detail: `${rows.map(sentence).join('; ')}${of}` }];
  if (!first.is_posted) return found('missingInLedger', accounts);
  if (!first.is_expected) return found('orphanEntry', accounts);
  const isUnits = ({ asset }: AccountAtFault) => asset.startsWith('unit/');
  return [
    ...found('unitsMismatch', accounts.filter(isUnits)),
    ...found(
      'amountMismatch',
      accounts.filter((row) => !isUnits(row)),
    ),
  ];
}

const sentence = ({ account, asset, expected, posted }: AccountAtFault) =>
  `${account} has ${posted} ${asset}, should have ${expected}`;
