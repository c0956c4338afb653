import type pg from 'pg';
import type { SetClock } from './clock.ts';
import { setClockStatement } from './clocked-database.ts';

/** A connection to Postgres, and the time that it believes in. */
export interface Client {
  readonly pg: pg.PoolClient;
  readonly pid: number;
  nowMs: number;
  /** It waits for others who wait for it, and is being cancelled for that. */
  givesWay: boolean;
  /** Postgres was told to cancel what it is asked, and it has not heard of that yet. */
  isBeingCancelled: boolean;
}

/** Connections that nobody closes: the tasks of all simulations of this process take turns on them. */
export class Clients {
  readonly #pool: pg.Pool;
  readonly #free: Client[] = [];
  /** Those that are being asked something. */
  readonly asked = new Set<Client>();
  /** Those that a process has taken, for a transaction or a lock: what they hold, others may have to wait for. */
  readonly held = new Set<Client>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
    pool.options.pipeline = true;
  }

  async take(): Promise<Client> {
    const free = this.#free.pop();
    if (free) return free;
    const client = await this.#pool.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return { pg: client, pid: rows[0]?.pid ?? 0, nowMs: 0, givesWay: false, isBeingCancelled: false };
  }

  give(client: Client): void {
    client.givesWay = false;
    this.#free.push(client);
  }

  /** Asks on that connection, at that time. */
  async ask<R>(client: Client, clock: SetClock | null, query: (on: pg.PoolClient) => Promise<R>): Promise<R> {
    this.asked.add(client);
    try {
      if (!clock || client.nowMs === clock.nowMs) return await query(client.pg);
      client.nowMs = clock.nowMs;
      // Both go out together, and are answered in their order.
      const isSet = client.pg.query(setClockStatement(clock.nowMs));
      const [answer] = await Promise.all([query(client.pg), isSet]);
      return answer;
    } finally {
      this.asked.delete(client);
      client.isBeingCancelled = false;
    }
  }

  async close(): Promise<void> {
    for (const client of this.#free.splice(0)) client.pg.release();
    await this.#pool.end();
  }
}
