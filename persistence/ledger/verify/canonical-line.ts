/** A transaction as `verify-chain.sql` selects it. */
export interface ChainedEntry {
  xid: string;
  id: string;
  kind: string;
  sale_id: string;
  order_id: string | null;
  payment_id: string | null;
  reference: string | null;
  posted_at_us: string;
  line: string[];
  source: string[] | null;
  destination: string[] | null;
  asset: string[] | null;
  amount: string[] | null;
}

const quoted = (text: string | null | undefined) => JSON.stringify(text ?? null);
const listed = (parts: readonly string[]) => `[${parts.join(', ')}]`;

/**
 * The text that a seal covers of a transaction: character by character what `ledger_text` of the database
 * writes, and written without it, so that a function that was replaced there deceives nobody here.
 */
export function canonicalLine(entry: ChainedEntry): string {
  const { line, source, destination, asset, amount } = entry;
  const postings = line.map((number, at) =>
    listed([
      number,
      quoted(source?.[at]),
      quoted(destination?.[at]),
      quoted(asset?.[at]),
      amount?.[at] ?? '',
    ]),
  );
  return listed([
    quoted(entry.xid),
    entry.id,
    quoted(entry.kind),
    quoted(entry.sale_id),
    quoted(entry.order_id),
    quoted(entry.payment_id),
    entry.posted_at_us,
    postings.length === 0 ? 'null' : listed(postings),
    ...(entry.reference === null ? [] : [quoted(entry.reference)]),
  ]);
}
