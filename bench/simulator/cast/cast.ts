import type { Redis } from 'ioredis';
import type pg from 'pg';
import type { Push } from '../../../engine/contracts/outcomes.ts';
import type { ObservedSale } from '../../../engine/model/observed/observed-sale.ts';
import { channels, saleKey } from '../../../engine/redis/keys.ts';
import { observeFloor } from '../checks/floor.ts';
import type { Words } from '../checks/words.ts';
import type { Clients } from '../runtime/clients.ts';
import type { SetClock } from '../runtime/clock.ts';
import { SteppedPostgres } from '../runtime/stepped-postgres.ts';
import { SteppedRedis } from '../runtime/stepped-redis.ts';
import { Steps } from '../runtime/steps.ts';
import type { Process } from '../runtime/tasks.ts';
import { Jobs } from './jobs.ts';
import {
  type Gateway,
  type Operator,
  type ProgramParts,
  startGateway,
  startOperator,
  startWorker,
  type Worker,
} from './programs.ts';
import type { SimulatedProvider } from './provider.ts';
import { saleId } from './setup.ts';

/** Stores of a process that simulates, used by one simulation after the other. */
export interface LaneStores {
  /** A database of its own, which is emptied. */
  redis: Redis;
  /** Names this life of that Redis. */
  redisRunId: string;
  rows: Clients;
  /** Plans through statistics. */
  reports: Clients;
  /** The simulator's own eyes on Postgres; no program asks on it. */
  watching: pg.ClientBase;
  wipeStatement: string;
}

export const gatewayCount = 2;
export const workerCount = 2;

/** What was published and not heard yet. */
interface Message {
  channel: string;
  message: string;
}

/** The programs of a simulation, and what goes on between them. Each can die and have a successor. */
export class Cast {
  readonly steps = new Steps();
  readonly jobs = new Jobs();
  readonly gateways: Gateway[] = [];
  readonly workers: Worker[] = [];
  operator!: Operator;
  /** For each gateway. */
  readonly unheard: Message[][] = [];
  /** Set where a step may have changed what lies there. */
  moved = { redis: false, rows: false };
  /** What Redis knew after the last command. */
  observing: Promise<ObservedSale | null> | null = null;
  readonly #parts: CastParts;
  #wallMsSent = 0;

  constructor(parts: CastParts) {
    this.#parts = parts;
    for (let number = 0; number < gatewayCount; number++) this.#startGateway(number);
    for (let number = 0; number < workerCount; number++) this.#startWorker(number);
    this.#startOperator();
  }

  /** Names of the processes. */
  get names(): string[] {
    return [...this.gateways, ...this.workers, this.operator].map(({ process }) => process.name);
  }

  /** Kills a process and starts its successor, which knows nothing. */
  async replace(name: string): Promise<void> {
    const program = [...this.gateways, ...this.workers, this.operator].find(
      (one) => one.process.name === name,
    );
    if (!program) return;
    program.process.isAlive = false;
    this.steps.forgetDead();
    const cancel = async (pid: number) => {
      await this.#parts.stores.watching.query('SELECT pg_cancel_backend($1)', [pid]);
    };
    await program.rows.hangUp(cancel);
    if ('reports' in program) await program.reports.hangUp(cancel);
    const gateway = this.gateways.indexOf(program as Gateway);
    const worker = this.workers.indexOf(program as Worker);
    if (gateway >= 0) this.#startGateway(gateway);
    else if (worker >= 0) this.#startWorker(worker);
    else this.#startOperator();
  }

  #startGateway(number: number): void {
    this.unheard[number] = [];
    this.gateways[number] = startGateway(this.#program(`gateway-${number}`));
  }

  #startWorker(number: number): void {
    this.workers[number] = startWorker(this.#program(`worker-${number}`));
  }

  #startOperator(): void {
    this.operator = startOperator(this.#program('operator'));
  }

  #program(name: string): ProgramParts {
    const { stores, clock, dice, providers } = this.#parts;
    const process: Process = { name, isAlive: true, clock, steps: this.steps, dice };
    const onWrite = () => {
      this.moved.rows = true;
    };
    return {
      process,
      redis: new SteppedRedis({
        process,
        real: stores.redis,
        send: (ask) => this.#send(ask),
        onPublish: (channel, message) => this.#publish(channel, message),
      }),
      rows: new SteppedPostgres(process, stores.rows, onWrite),
      reports: new SteppedPostgres(process, stores.reports, onWrite),
      jobs: this.jobs,
      providers,
    };
  }

  /**
   * Sends something to Redis: before it the time, that a lost sale has as well, after it the look at what became of
   * it. All of it is one write and one answer: a write of its own for each cost as much as the rest of the step.
   */
  #send<R>(ask: () => Promise<R>): Promise<R> {
    const { stores, clock } = this.#parts;
    const { redis } = stores;
    this.moved.redis = true;
    redis.stream.cork();
    if (this.#wallMsSent !== clock.nowMs) {
      this.#wallMsSent = clock.nowMs;
      void redis.hset(saleKey(saleId), 'wallMs', clock.nowMs);
    }
    const asked = ask();
    this.observing = observeFloor(stores);
    redis.stream.uncork();
    return asked;
  }

  /** Redis has lost what it knew, the time included. */
  forgetWallClock(): void {
    this.observing = null;
    this.#wallMsSent = 0;
  }

  #publish(channel: string, message: string): void {
    for (const unheard of this.unheard) unheard.push({ channel, message });
    if (channel !== channels.pushes) return;
    const push = JSON.parse(message) as Push;
    if (push.ev === 'order' && push.status === 201) {
      this.#parts.words.say({ says: 'confirmed', buyer: push.buyerId, order: push.orderId });
    }
  }
}

export interface CastParts {
  stores: LaneStores;
  clock: SetClock;
  dice: () => number;
  providers: readonly SimulatedProvider[];
  words: Words;
}
