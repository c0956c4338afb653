import type { Postgres, PostgresPool } from './pool.ts';

export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ, READ ONLY';

/** Runs `work` in one transaction on a connection of its own; a throw undoes all of it. */
export async function inTransaction<R>(
  pool: PostgresPool,
  work: (transaction: Postgres) => Promise<R>,
  isolation: Isolation = 'READ COMMITTED',
): Promise<R> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  try {
    await connection.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    await connection.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    // A connection that could not even roll back is not lent to anybody again.
    connection.release(broken);
  }
}
