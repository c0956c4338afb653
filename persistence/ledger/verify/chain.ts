import { createHash } from 'node:crypto';
import type { Postgres } from '../../postgres/pool.ts';
import { statement } from '../../postgres/statement.ts';
import { streamedStatement } from '../../postgres/streamed.ts';
import { type ChainedEntry, canonicalLine } from './canonical-line.ts';

interface SealRow {
  number: number;
  through_xid: string;
  through_id: string;
  transactions: number;
  previous: Buffer;
  hash: Buffer;
}

/** A link of the chain, as somebody may have noted it outside of the database. */
export interface SealMark {
  number: number;
  /** SHA-256 in lower-case hex. */
  hash: string;
}

export interface ChainVerdict {
  seals: number;
  sealedTransactions: number;
  unsealedTransactions: number;
  last: SealMark | null;
  /** A line for each thing that does not hold. */
  faults: string[];
}

const sealList = statement<SealRow>('verify-seal-list');
const chainedEntries = streamedStatement<ChainedEntry>('verify-chain');
const strays = statement<{ what: 'posting' | 'transaction'; id: string }>('verify-strays');

const nothing = createHash('sha256').digest();

/**
 * Computes every seal again from the transactions that it covers, here and not in the database. `marks` are
 * seals that somebody noted elsewhere: whoever rewrote the journal together with its whole chain is found by
 * them. `progress` hears how many transactions were read.
 */
export async function verifyChain(
  transaction: Postgres,
  marks: readonly SealMark[] = [],
  progress: (transactions: number) => void = () => {},
): Promise<ChainVerdict> {
  const seals = await sealList(transaction, []);
  const faults = [...misplaced(seals), ...(await strayed(transaction)), ...unlike(seals, marks)];
  let at = 0;
  let lines: string[] = [];
  let read = 0;
  let unsealedTransactions = 0;

  const close = (seal: SealRow) => {
    if (lines.length !== seal.transactions) {
      faults.push(`seal ${seal.number} covers ${seal.transactions} transactions, ${lines.length} are there`);
    }
    if (!hashOf(seal.previous, lines).equals(seal.hash)) {
      faults.push(`seal ${seal.number} does not hold: something that it covers was altered`);
    }
    lines = [];
    at += 1;
  };
  for await (const entry of chainedEntries(transaction, [])) {
    let seal = seals[at];
    while (seal && isBehind(entry, seal)) {
      close(seal);
      seal = seals[at];
    }
    if (seal) lines.push(canonicalLine(entry));
    else unsealedTransactions += 1;
    read += 1;
    progress(read);
  }
  for (let seal = seals[at]; seal; seal = seals[at]) close(seal);

  const last = seals.at(-1);
  return {
    seals: seals.length,
    sealedTransactions: read - unsealedTransactions,
    unsealedTransactions,
    last: last ? { number: last.number, hash: last.hash.toString('hex') } : null,
    faults,
  };
}

function hashOf(previous: Buffer, lines: readonly string[]): Buffer {
  return createHash('sha256').update(previous).update(lines.join('\n')).digest();
}

function isBehind({ xid, id }: ChainedEntry, { through_xid, through_id }: SealRow): boolean {
  const [x, y] = [BigInt(xid), BigInt(through_xid)];
  return x === y ? BigInt(id) > BigInt(through_id) : x > y;
}

/** Seals count from 1 without a gap, and each names the hash of the one before it. */
function misplaced(seals: readonly SealRow[]): string[] {
  return seals.flatMap((seal, at) => {
    const before = seals[at - 1];
    return [
      ...(seal.number === at + 1 ? [] : [`seal ${seal.number} stands where seal ${at + 1} should`]),
      ...(seal.previous.equals(before?.hash ?? nothing)
        ? []
        : [`seal ${seal.number} does not follow the one before it`]),
    ];
  });
}

async function strayed(transaction: Postgres): Promise<string[]> {
  return (await strays(transaction, [])).map(({ what, id }) =>
    what === 'posting' ? `postings of transaction ${id}, which is not there` : `two transactions ${id}`,
  );
}

function unlike(seals: readonly SealRow[], marks: readonly SealMark[]): string[] {
  return marks.flatMap(({ number, hash }) => {
    const found = seals.find((seal) => seal.number === number)?.hash.toString('hex');
    if (found === hash) return [];
    return [`seal ${number} is ${found ?? 'not there'}, it was noted as ${hash}`];
  });
}
