import pg from 'pg';
import type { PostgresPool } from '../../../persistence/postgres/pool.ts';
import type { Client, Clients } from './clients.ts';
import type { Process } from './tasks.ts';

/** What pg takes: text, or a named statement with its values. */
type Query = string | { name?: string; text: string; values?: unknown[] };

const textOf = (query: Query) => (typeof query === 'string' ? query : query.text);
const labelOf = (query: Query) =>
  typeof query === 'string' ? (query.split(' ', 1)[0] as string) : (query.name ?? 'statement');

const writing = new Map<string, boolean>();
/** Whether a statement may change rows. */
function writes(text: string): boolean {
  const known = writing.get(text) ?? /\b(?:INSERT|UPDATE|DELETE|nextval)\b/.test(text.replace(/--.*$/gm, ''));
  writing.set(text, known);
  return known;
}

/** What pg throws when a connection goes away under a query. */
const connectionLost = () => new Error('Connection terminated unexpectedly');

/** A statement that the simulator had cancelled: its connection goes away, unless it was to give way. */
const isCancelled = (error: unknown) => (error as { code?: string }).code === '57014';

/** What Postgres says to whoever gives way in a ring of those that wait for each other. */
function deadlockOf(client: Client | null): Error | null {
  if (!client?.givesWay) return null;
  client.givesWay = false;
  return Object.assign(new pg.DatabaseError('deadlock detected', 0, 'error'), { code: '40P01' });
}

/** Postgres as one process of a simulation sees it: each statement is a step, transactions statement by statement. */
export class SteppedPostgres implements Pick<PostgresPool, 'query' | 'connect'> {
  readonly #process: Process;
  readonly #clients: Clients;
  readonly #onWrite: () => void;
  readonly #open = new Set<Connection>();

  constructor(process: Process, clients: Clients, onWrite: () => void) {
    this.#process = process;
    this.#clients = clients;
    this.#onWrite = onWrite;
  }

  query = ((query: Query) =>
    this.#process.steps.ask('postgres', labelOf(query), {
      perform: async () => {
        const client = await this.#clients.take();
        try {
          return await this.#clients.ask(client, this.#process.clock, (on) => on.query(query as never));
        } catch (error) {
          throw isCancelled(error) ? (deadlockOf(client) ?? connectionLost()) : error;
        } finally {
          this.#clients.give(client);
          if (writes(textOf(query))) this.#onWrite();
        }
      },
      unanswered: () => {
        throw connectionLost();
      },
    })) as unknown as PostgresPool['query'];

  connect = (async () => {
    const connection = new Connection(this.#process, this.#clients, this.#onWrite, () => {
      this.#open.delete(connection);
    });
    this.#open.add(connection);
    return connection;
  }) as unknown as PostgresPool['connect'];

  /** Its process died: what it had not committed is undone. `cancel` ends a statement that waits for a lock. */
  async hangUp(cancel: (pid: number) => Promise<void>): Promise<void> {
    for (const connection of [...this.#open]) await connection.hangUp(cancel);
  }
}

/** A connection that a process has taken: for a transaction, for several, or for a lock that outlives them. */
class Connection {
  readonly #process: Process;
  readonly #clients: Clients;
  readonly #onWrite: () => void;
  readonly #onEnd: () => void;
  #client: Client | null = null;
  #begin: string | null = null;
  #isInTransaction = false;
  #isBroken = false;

  constructor(process: Process, clients: Clients, onWrite: () => void, onEnd: () => void) {
    this.#process = process;
    this.#clients = clients;
    this.#onWrite = onWrite;
    this.#onEnd = onEnd;
  }

  async query(query: Query): Promise<pg.QueryResult | null> {
    if (this.#isBroken) throw connectionLost();
    // Nobody notices when a transaction begins: it does with its first statement, in the same write.
    if (textOf(query).startsWith('BEGIN')) {
      this.#begin = textOf(query);
      return null;
    }
    const isEnd = /^(?:COMMIT|ROLLBACK)$/.test(textOf(query));
    return this.#process.steps.ask('postgres', labelOf(query), {
      perform: async () => {
        try {
          return await this.#ask(query);
        } catch (error) {
          if (!isCancelled(error)) throw error;
          const deadlock = deadlockOf(this.#client);
          if (deadlock) throw deadlock;
          await this.#loseIt();
          throw connectionLost();
        } finally {
          if (isEnd) this.#isInTransaction = false;
          if (isEnd || (!this.#isInTransaction && writes(textOf(query)))) this.#onWrite();
        }
      },
      unanswered: async () => {
        await this.#loseIt();
        throw connectionLost();
      },
    });
  }

  async #ask(query: Query): Promise<pg.QueryResult> {
    const begin = this.#begin;
    if (!this.#client) {
      this.#client = await this.#clients.take();
      this.#clients.held.add(this.#client);
    }
    this.#begin = null;
    if (begin !== null) this.#isInTransaction = true;
    // Within a transaction time stands still, as Postgres has it.
    const clock = begin === null && this.#isInTransaction ? null : this.#process.clock;
    return this.#clients.ask(this.#client, clock, async (on) => {
      const [, answer] = await Promise.all([begin && on.query(begin), on.query(query as never)]);
      return answer as unknown as pg.QueryResult;
    });
  }

  release(): void {
    this.#giveBack();
  }

  async hangUp(cancel: (pid: number) => Promise<void>): Promise<void> {
    if (this.#client && this.#clients.asked.has(this.#client)) await cancel(this.#client.pid);
    await this.#loseIt();
  }

  /** What a connection holds ends with it: its transaction, and its locks. */
  async #loseIt(): Promise<void> {
    this.#isBroken = true;
    if (this.#client) {
      await this.#clients.ask(this.#client, null, (on) =>
        on.query('ROLLBACK; SELECT pg_advisory_unlock_all()'),
      );
    }
    this.#onWrite();
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#client) {
      this.#clients.held.delete(this.#client);
      this.#clients.give(this.#client);
    }
    this.#client = null;
    this.#onEnd();
  }
}
