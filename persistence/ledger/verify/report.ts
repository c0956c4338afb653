import { displayed } from '../../../engine/contracts/money.ts';
import { isSound, type LedgerVerdict } from './verify.ts';

/** What is told in full, before it is only counted. */
const linesMax = 20;

/** A line for each thing that was looked at, whatever does not hold below it, and one that sums up. */
export function reportOf(verdict: LedgerVerdict): string {
  const { saleId, chain, transactions, unbalanced, units, money, discrepancies } = verdict;
  const unsealed =
    chain.unsealedTransactions === 0 ? '' : `, ${count(chain.unsealedTransactions)} not sealed yet`;
  const faults = (lines: readonly string[]) => [
    ...lines.slice(0, linesMax).map((line) => `          ${line}`),
    ...(lines.length > linesMax ? [`          and ${count(lines.length - linesMax)} more`] : []),
  ];
  return [
    line(
      chain.faults.length === 0,
      'chain',
      `${count(chain.seals)} seals over ${count(chain.sealedTransactions)} transactions of all sales${unsealed}` +
        (chain.last ? `; seal ${chain.last.number} is ${chain.last.hash}` : ''),
    ),
    ...faults(chain.faults),
    line(
      unbalanced === 0,
      'sums',
      `${count(transactions - unbalanced)} of ${count(transactions)} transactions of this sale sum to zero`,
    ),
    ...units.map(({ sku, brought, sold, left }) =>
      line(true, 'units', `${sku}: ${count(brought)} brought, ${count(sold)} sold, ${count(left)} left`),
    ),
    ...money.map(({ currency, kept }) =>
      line(true, 'money', `${displayed({ amount: kept, currency })} kept`),
    ),
    line(
      discrepancies.length === 0,
      'rows',
      discrepancies.length === 0
        ? 'units, orders, payments, refunds and returns say the same'
        : `${count(discrepancies.length)} contradictions to units, orders, payments, refunds and returns`,
    ),
    ...faults(discrepancies.map(({ kind, subject, detail }) => `${kind} ${subject}: ${detail}`)),
    '',
    `${saleId}: ${isSound(verdict) ? 'nothing contradicts the journal' : 'the journal does NOT hold'}`,
  ].join('\n');
}

const line = (isOk: boolean, name: string, detail: string) =>
  `${(isOk ? 'ok' : 'FAILED').padEnd(8)}${name.padEnd(7)}${detail}`;

const count = (of: number) => of.toLocaleString('en-US');
