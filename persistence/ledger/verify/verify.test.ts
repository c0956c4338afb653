import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderIdOf } from '../../../engine/contracts/ids.ts';
import { type SaleWithAPast, saleWithAPast } from '../../fixtures/sale-with-a-past.ts';
import { testHouse } from '../../fixtures/test-house.ts';
import type { Postgres } from '../../postgres/pool.ts';
import { inTransaction } from '../../postgres/transaction.ts';
import { verifyChain } from './chain.ts';
import { verifyLedgerCommand } from './command-line.ts';
import { isSound, type LedgerVerdict, ledgerVerdict, verifyLedger } from './verify.ts';

let house: Awaited<ReturnType<typeof testHouse>>;
let past: SaleWithAPast;
beforeAll(async () => {
  house = await testHouse();
  past = await saleWithAPast(house);
}, 180_000);
afterAll(() => house.close());

class Undone extends Error {}

/** What comes out on a copy that somebody damaged who may do everything: all of it is undone afterwards. */
async function onDamaged<T>(statements: readonly string[], look: (on: Postgres) => Promise<T>): Promise<T> {
  let seen: T | undefined;
  await inTransaction(house.database.pool, async (transaction) => {
    await transaction.query('SET LOCAL session_replication_role = replica');
    for (const statement of statements) await transaction.query(statement);
    seen = await look(transaction);
    throw new Undone();
  }).catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
  return seen as T;
}

const verdictOn = (...statements: string[]) =>
  onDamaged(statements, (on) => ledgerVerdict(on, past.id)) as Promise<LedgerVerdict>;

/** Seals as if they had always been so. */
const resealed = [
  'DELETE FROM ledger_seals',
  `INSERT INTO ledger_seals (number, through_xid, through_id, transactions, previous, hash)
   SELECT 1, max(xid), max(id), count(*), sha256(''),
     sha256(sha256('') || convert_to(string_agg(text, E'\\n' ORDER BY xid, id), 'UTF8'))
   FROM ledger_transactions CROSS JOIN LATERAL ledger_text(ledger_transactions)`,
];

const kindsOf = ({ discrepancies }: LedgerVerdict) =>
  discrepancies.map(({ kind, subject }) => [kind, subject]);
const orderOf = (hold: { checkoutId: SaleWithAPast['held']['checkoutId'] }) => orderIdOf(hold.checkoutId);

test('a sound journal says where every unit and all of the money is', async () => {
  const verdict = (await verifyLedger(house.database.pool, past.id)) as LedgerVerdict;
  expect(verdict).toMatchObject({
    chain: { unsealedTransactions: 0, faults: [] },
    unbalanced: 0,
    units: [{ sku: 'ps5', brought: 10, sold: 4, left: 6 }],
    money: [{ currency: 'USD', kept: 4 * 49_900 - 900 }],
    discrepancies: [],
  });
  expect(verdict.chain.seals).toBeGreaterThan(0);
  expect(verdict.chain.sealedTransactions).toBe(verdict.transactions);
  expect(isSound(verdict)).toBe(true);
  expect(await verifyLedger(house.database.pool, 'no-such-sale')).toBeNull();
});

test('every character of every sealed entry counts', async () => {
  const columns = {
    ledger_transactions: ['xid', 'id', 'kind', 'sale_id', 'order_id', 'payment_id', 'reference', 'posted_at'],
    postings: ['transaction_id', 'line', 'source', 'destination', 'asset', 'amount'],
  };
  const unnoticed: string[] = [];
  let flips = 0;
  await onDamaged(
    [
      'ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_kind_is_known, DROP CONSTRAINT sealing_order',
      'ALTER TABLE ledger_transactions ALTER id DROP IDENTITY',
      'ALTER TABLE postings DROP CONSTRAINT amount_is_not_negative, DROP CONSTRAINT a_posting_moves, DROP CONSTRAINT postings_pkey',
      'DROP INDEX an_order_is_posted_once',
    ],
    async (on) => {
      for (const [table, names] of Object.entries(columns)) {
        // One entry of each kind has all that an entry can have.
        const { rows } = await on.query(
          `SELECT ctid::text AS at, ${names.map((name) => `${name}::text`)} FROM ${table}
           WHERE ${table === 'postings' ? 'transaction_id' : 'id'} IN (SELECT max(id) FROM ledger_transactions GROUP BY kind)`,
        );
        for (const row of rows) {
          for (const name of names) {
            for (const flipped of flipsOf(row[name])) {
              await on.query('SAVEPOINT sound');
              await on.query(`UPDATE ${table} SET ${name} = '${flipped}' WHERE ctid = '${row.at}'`);
              const { faults } = await verifyChain(on);
              if (faults.length === 0) unnoticed.push(`${table}.${name}: ${row[name]} → ${flipped}`);
              await on.query('ROLLBACK TO SAVEPOINT sound');
              flips += 1;
            }
          }
        }
      }
    },
  );
  expect(unnoticed).toEqual([]);
  expect(flips).toBeGreaterThan(500);
}, 180_000);

/** The text with one character changed, for each of its characters; only letters and digits, so that it stays a value. */
function flipsOf(text: string | null): string[] {
  if (text === null) return ['1'];
  return [...text].flatMap((character, at) => {
    // No digit becomes a leading 0: an xid8 that begins with one is read as octal.
    const other = /\d/.test(character)
      ? character === '9'
        ? 8
        : Number(character) + 1
      : /[a-z]/i.test(character)
        ? 'z'
        : null;
    if (other === null || String(other) === character || /^\d{4}-/.test(text)) return [];
    return [`${text.slice(0, at)}${other}${text.slice(at + 1)}`];
  });
}

describe('what the chain finds', () => {
  const entry = "(SELECT max(id) FROM ledger_transactions WHERE kind = 'order_confirmed')";
  test.each([
    [
      'a later time',
      `UPDATE ledger_transactions SET posted_at = posted_at + interval '1 us' WHERE id = ${entry}`,
    ],
    ['a removed entry', `DELETE FROM ledger_transactions WHERE id = ${entry}`],
    ['a removed posting', `DELETE FROM postings WHERE transaction_id = ${entry}`],
    ['an added posting', `INSERT INTO postings SELECT ${entry}, 9, 'a', 'b', 'USD', 1`],
    ['postings of nothing', "INSERT INTO postings SELECT 99999, 0, 'a', 'b', 'USD', 1"],
    [
      'an entry that was slipped in',
      `INSERT INTO ledger_transactions (xid, id, kind, sale_id) OVERRIDING SYSTEM VALUE
       SELECT xid, 99999, kind, sale_id FROM ledger_transactions LIMIT 1`,
    ],
    [
      'a second entry of the same id',
      `INSERT INTO ledger_transactions (xid, id, kind, sale_id) OVERRIDING SYSTEM VALUE
       SELECT '99999999', id, kind, sale_id FROM ledger_transactions LIMIT 1`,
    ],
    ['a forged seal', "UPDATE ledger_seals SET hash = sha256('x') WHERE number = 1"],
    ['a removed seal', 'DELETE FROM ledger_seals WHERE number = 1'],
  ])('%s', async (_, statement) => {
    expect((await verdictOn(statement)).chain.faults).not.toEqual([]);
  });

  test('a chain that was rewritten as a whole, by a seal that was noted elsewhere', async () => {
    const { chain } = (await verifyLedger(house.database.pool, past.id)) as LedgerVerdict;
    const marks = chain.last ? [chain.last] : [];
    const rewritten = [
      `DELETE FROM postings WHERE transaction_id = ${entry}`,
      `DELETE FROM ledger_transactions WHERE id = ${entry}`,
      ...resealed,
    ];
    const faultsBy = (noted: typeof marks) => onDamaged(rewritten, (on) => verifyChain(on, noted));
    expect((await faultsBy([])).faults).toEqual([]);
    expect((await faultsBy(marks)).faults).toHaveLength(1);
    expect((await verifyLedger(house.database.pool, past.id, { marks }))?.chain.faults).toEqual([]);
  });
});

describe('what contradicts orders, payments, refunds, returns and units, however well it is sealed', () => {
  const postingsOf = (orderId: string) =>
    `transaction_id IN (SELECT id FROM ledger_transactions WHERE order_id = '${orderId}')`;
  const found = async (...statements: string[]) => kindsOf(await verdictOn(...statements, ...resealed));

  test('an order that was sold and is not in it', async () => {
    const orderId = orderOf(past.sold[0] as SaleWithAPast['held']);
    expect(
      await found(
        `DELETE FROM postings WHERE ${postingsOf(orderId)}`,
        `DELETE FROM ledger_transactions WHERE order_id = '${orderId}'`,
      ),
    ).toEqual([['missingInLedger', orderId]]);
  });

  test('a sale that never was', async () => {
    const orderId = orderOf(past.held);
    expect(
      await found(
        `WITH entry AS (INSERT INTO ledger_transactions (kind, sale_id, order_id)
           VALUES ('order_confirmed', '${past.id}', '${orderId}') RETURNING id)
         INSERT INTO postings SELECT id, 0, 'sale/${past.id}/stock', 'sale/${past.id}/sold', 'unit/ps5', 1 FROM entry`,
      ),
    ).toEqual([['orphanEntry', orderId]]);
  });

  test('another amount, and another number of units', async () => {
    const orderId = orderOf(past.sold[1] as SaleWithAPast['held']);
    expect(
      await found(
        `UPDATE postings SET amount = amount - 1 WHERE asset = 'USD' AND ${postingsOf(orderId)}`,
        `UPDATE postings SET amount = 2 WHERE asset = 'unit/ps5' AND ${postingsOf(orderId)}`,
      ),
    ).toEqual([
      ['unitsMismatch', orderId],
      ['amountMismatch', orderId],
    ]);
  });

  test('an order whose total was changed', async () => {
    const orderId = orderOf(past.sold[2] as SaleWithAPast['held']);
    expect(
      await found(
        `UPDATE orders SET total_minor = total_minor - 1, discount_minor = 1 WHERE order_id = '${orderId}'`,
      ),
    ).toEqual([['amountMismatch', orderId]]);
  });

  test('money that went back, of a refund and of a late payment, and is not in it', async () => {
    const kinds = await found(
      "DELETE FROM postings WHERE transaction_id IN (SELECT id FROM ledger_transactions WHERE kind IN ('order_refunded', 'captured_late'))",
      "DELETE FROM ledger_transactions WHERE kind IN ('order_refunded', 'captured_late')",
    );
    expect(kinds.map(([kind]) => kind)).toEqual(Array(4).fill('missingInLedger'));
    expect(kinds.map(([, subject]) => subject?.slice(0, 3)).sort()).toEqual(['pay', 'rfd', 'rfd', 'rfd']);
  });

  test('a unit that came back and is not in it', async () => {
    expect(
      await found(
        "DELETE FROM postings WHERE transaction_id IN (SELECT id FROM ledger_transactions WHERE kind = 'units_returned')",
        "DELETE FROM ledger_transactions WHERE kind = 'units_returned'",
      ),
    ).toEqual([['missingInLedger', orderOf(past.cancelled)]]);
  });

  test('units that nobody brought', async () => {
    expect(await found('UPDATE sale_items SET units = units + 1')).toEqual([['unitsMismatch', past.id]]);
  });
});

describe('the command', () => {
  const command = (args: string[], databaseUrl: string) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', new URL('main.ts', import.meta.url).pathname, ...args],
        { env: { ...process.env, DATABASE_URL: databaseUrl } },
      );
      let [out, err] = ['', ''];
      child.stdout.on('data', (text) => (out += text));
      child.stderr.on('data', (text) => (err += text));
      child.on('close', (code) => resolve({ code, out, err }));
    });

  test('says what is sound, and exits with 0', async () => {
    const { code, out } = await command([past.id], house.database.url);
    expect(out).toContain(`${past.id}: nothing contradicts the journal`);
    expect(code).toBe(0);
  });

  test('says what is not in JSON, and exits with 1', async () => {
    const seal = `1:${'0'.repeat(64)}`;
    const { code, out } = await command([past.id, '--json', '--seal', seal], house.database.url);
    const verdict = JSON.parse(out) as LedgerVerdict & { ok: boolean };
    expect(verdict).toMatchObject({ saleId: past.id, ok: false, units: [{ sold: 4 }] });
    expect(verdict.chain.faults).toEqual([expect.stringContaining('it was noted as 000')]);
    expect(code).toBe(1);
  });

  test('a sale that is not there: says so, and exits with 2', async () => {
    const { code, err } = await command(['nothing'], house.database.url);
    expect(err).toContain('there is no sale "nothing"');
    expect(code).toBe(2);
  });

  test.each([
    ['no sale', [], "missing required argument 'sale'"],
    ['a seal that is none', ['x', '--seal', '1:xyz'], 'It takes the number of a seal'],
  ])('%s is refused', (_, args, message) => {
    const silent = verifyLedgerCommand()
      .configureOutput({ writeErr: () => {} })
      .exitOverride();
    expect(() => silent.parse(['node', 'main.ts', ...args])).toThrow(message);
  });

  test('without a database: says what to do, and exits with 2', async () => {
    const { code, err } = await command(['x', '--data-dir', '/nonexistent'], '');
    expect(err).toMatch(/DATABASE_URL is not set, and no instance is running on \/nonexistent/);
    expect(code).toBe(2);
  });
});
