import type { Postgres, PostgresPool } from './pool.ts';

export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ, READ ONLY';

/** Runs `work` on a connection of its own. One that is `broken` afterwards is not lent to anybody again. */
export async function onOneConnection<R>(
  pool: PostgresPool,
  work: (connection: Postgres, broken: (failure: Error) => void) => Promise<R>,
): Promise<R> {
  const connection = await pool.connect();
  let failure: Error | undefined;
  try {
    return await work(connection, (error) => {
      failure = error;
    });
  } finally {
    connection.release(failure);
  }
}

/** Runs `work` in one transaction of that connection; a throw undoes all of it. */
export async function transactionOn<R>(
  connection: Postgres,
  broken: (failure: Error) => void,
  work: (transaction: Postgres) => Promise<R>,
  isolation: Isolation = 'READ COMMITTED',
): Promise<R> {
  try {
    await connection.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    await connection.query('ROLLBACK').catch(broken);
    throw error;
  }
}

/** Runs `work` in one transaction on a connection of its own; a throw undoes all of it. */
export const inTransaction = <R>(
  pool: PostgresPool,
  work: (transaction: Postgres) => Promise<R>,
  isolation?: Isolation,
): Promise<R> =>
  onOneConnection(pool, (connection, broken) => transactionOn(connection, broken, work, isolation));
