import type { Discrepancy } from '../../discrepancies/discrepancy.ts';
import { entriesAtFault } from '../../discrepancies/entries-at-fault.ts';
import type { Postgres, PostgresPool } from '../../postgres/pool.ts';
import { statement } from '../../postgres/statement.ts';
import { inTransaction } from '../../postgres/transaction.ts';
import { type ChainVerdict, type SealMark, verifyChain } from './chain.ts';

interface SumsRow {
  transactions: number;
  unbalanced: number;
  balances: { account: string; asset: string; amount: number }[];
}

/** Where the units of a SKU are, by the journal alone. */
export interface JournaledUnits {
  sku: string;
  brought: number;
  sold: number;
  left: number;
}

/** What came in and went back in a currency, in minor units, by the journal alone. */
export interface JournaledMoney {
  currency: string;
  kept: number;
}

export interface LedgerVerdict {
  saleId: string;
  chain: ChainVerdict;
  transactions: number;
  unbalanced: number;
  units: JournaledUnits[];
  money: JournaledMoney[];
  /** Where orders, payments, refunds, returns and units say something else. */
  discrepancies: Discrepancy[];
}

const verifySums = statement<SumsRow>('verify-sums');
const findSale = statement<{ id: string }>('find-sale');

export interface VerifyOptions {
  marks?: readonly SealMark[];
  /** Hears how many transactions of the chain were read. */
  progress?: (transactions: number) => void;
}

/** `verifyLedger` inside of a transaction of the caller's, which sees a single state. */
export async function ledgerVerdict(
  transaction: Postgres,
  saleId: string,
  { marks, progress }: VerifyOptions = {},
): Promise<LedgerVerdict | null> {
  if ((await findSale(transaction, [saleId])).length === 0) return null;
  const [sums] = (await verifySums(transaction, [saleId])) as [SumsRow];
  const amount = (account: string, asset: string) =>
    sums.balances.find((one) => one.account === account && one.asset === asset)?.amount ?? 0;
  const assets = [...new Set(sums.balances.map(({ asset }) => asset))];
  const units = assets.filter((asset) => asset.startsWith('unit/'));
  return {
    saleId,
    chain: await verifyChain(transaction, marks, progress),
    transactions: sums.transactions,
    unbalanced: sums.unbalanced,
    units: units.map((asset) => {
      const sold = amount(`sale/${saleId}/sold`, asset);
      const left = amount(`sale/${saleId}/stock`, asset);
      return { sku: asset.slice('unit/'.length), brought: sold + left, sold, left };
    }),
    money: assets
      .filter((asset) => !units.includes(asset))
      .map((currency) => ({ currency, kept: amount(`sale/${saleId}/revenue`, currency) })),
    discrepancies: await entriesAtFault(transaction, saleId),
  };
}

/**
 * Verifies the journal of a sale at one moment: its chain, its sums, and that everything that was sold, paid
 * and given back is in it and nothing else. Null where there is no such sale. Reads, and changes nothing.
 */
export const verifyLedger = (
  on: PostgresPool,
  saleId: string,
  options: VerifyOptions = {},
): Promise<LedgerVerdict | null> =>
  inTransaction(
    on,
    (transaction) => ledgerVerdict(transaction, saleId, options),
    'REPEATABLE READ, READ ONLY',
  );

/** Whether nothing contradicts the journal. */
export const isSound = ({ chain, unbalanced, discrepancies }: LedgerVerdict): boolean =>
  chain.faults.length === 0 && unbalanced === 0 && discrepancies.length === 0;
