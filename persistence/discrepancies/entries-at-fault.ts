import type { OrderId } from '../../engine/contracts/ids.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { Discrepancy } from './discrepancy.ts';

/** An account of an entry as `verify-entries.sql` selects it, where it is not what the other rows ask for. */
export interface AccountAtFault {
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

/** An entry of which some accounts are not what they should be. */
export interface EntryAtFault {
  /** What it is about: a refund, return or payment, else an order, else the sale. */
  subject: string;
  accounts: [AccountAtFault, ...AccountAtFault[]];
}

/** Every entry of a sale that is not what its orders, payments, refunds, returns and units say it should be. */
export async function readEntriesAtFault(on: Postgres, saleId: string): Promise<EntryAtFault[]> {
  const entries = new Map<string, EntryAtFault>();
  for (const row of await verifyEntries(on, [saleId])) {
    const of = JSON.stringify([row.order_id, row.reference]);
    const known = entries.get(of);
    if (known) known.accounts.push(row);
    else entries.set(of, { subject: row.reference ?? row.order_id ?? saleId, accounts: [row] });
  }
  return [...entries.values()];
}

/** The same as discrepancies. */
export const entriesAtFault = async (on: Postgres, saleId: string): Promise<Discrepancy[]> =>
  (await readEntriesAtFault(on, saleId)).flatMap(discrepanciesOf);

function discrepanciesOf({ subject, accounts }: EntryAtFault): Discrepancy[] {
  const [first] = accounts;
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
