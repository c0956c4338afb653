import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateSale } from '../../../engine/contracts/wire/sales.ts';
import { writeTokens } from '../buyers.ts';
import type { Contender } from '../contest/contender.ts';
import type { Door } from '../doors.ts';
import { checkBytes } from '../load/answer-bytes.ts';
import { generatorOf } from '../load/generator.ts';
import type { Generator, Load } from '../load/load.ts';
import { type MeasuredLoad, measuredLoad } from '../load/measured-load.ts';
import { RedisCli } from '../redis-cli.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Options, Subject } from '../subject.ts';

/** One side of one round. */
export type Round = MeasuredLoad;

/** No door here decides more in a second. */
const buyersPerSecond = 60_000;

/** Some scenarios look at one run of so many seconds, whatever a round is. */
const shortestRun = 4;

interface Sold {
  sale: BenchSale;
  held: { min: number; max: number };
}

/**
 * Rounds of POST …/reservations, each of a fresh sale with plenty of stock and by buyers who come once. That
 * every answer was a 201 is proven by the units: nothing else takes one. `audit` at the end of a run.
 */
export class ReserveRounds {
  readonly #subject: Subject;
  readonly #generate: Generator;
  readonly #tokensFile: string;
  readonly #redis: RedisCli;
  readonly #sold: Sold[] = [];

  private constructor(subject: Subject, generate: Generator, tokensFile: string) {
    this.#subject = subject;
    this.#generate = generate;
    this.#tokensFile = tokensFile;
    this.#redis = new RedisCli(subject.redisUrl);
  }

  static async prepare(subject: Subject, { generator, seconds }: Options): Promise<ReserveRounds> {
    const tokensFile = join(subject.directory, 'tokens.txt');
    await writeTokens(tokensFile, subject.authSecret, Math.max(shortestRun, seconds) * buyersPerSecond);
    return new ReserveRounds(subject, generatorOf(generator, subject.directory), tokensFile);
  }

  /** One round at that door; `fields` are of the sale that it sells. `onAnswered` may look at it before it is closed. */
  async run(
    door: Door,
    { seconds, connections }: { seconds: number; connections: number },
    fields: Partial<CreateSale> = {},
    onAnswered: (sale: BenchSale) => Promise<void> = async () => {},
  ): Promise<Round> {
    const sale = await BenchSale.create(this.#subject, fields);
    const probe = await sale.probe(door.origin, 'probe-before');
    const { path, body } = sale;
    const load: Load = {
      origin: door.origin,
      method: 'POST',
      path,
      body,
      tokensFile: this.#tokensFile,
      again: false,
      header: null,
      expects: 'success',
      connections,
      seconds,
    };
    const result = await measuredLoad(this.#generate, load, { pids: [door.pid], redis: this.#redis });
    await onAnswered(sale);
    await sale.probe(door.origin, 'probe-after');
    checkBytes(result.bytesPerAnswer, probe.bytes);
    const decides = door.name !== 'door-only';
    const taken = { min: result.requests + 2, max: result.requests + 2 + result.underWayMax };
    this.#sold.push({ sale, held: decides ? taken : { min: 0, max: 0 } });
    // A sale that is over is ticked by nobody: each round meets as many sales as the one before.
    await sale.command('close');
    await sleep(300);
    return result;
  }

  /** Of as many buyers as the fastest door here decides about. */
  get tokensFile(): string {
    return this.#tokensFile;
  }

  /** A door as one that takes turns with others. */
  at(door: Door, options: Options): Contender {
    const { connections } = options;
    return {
      name: door.name,
      usesRedis: door.name !== 'door-only',
      round: (seconds) => this.run(door, { seconds, connections }),
      audit: () => this.audit(),
    };
  }

  /** The same while the relay runs: what it had not taken over when the last answer came is told, too. */
  relayingAt(door: Door, options: Options): Contender {
    const { connections } = options;
    return {
      ...this.at(door, options),
      round: async (seconds) => {
        let lagEntries = 0;
        const measured = await this.run(door, { seconds, connections }, {}, async (sale) => {
          lagEntries = (await sale.audit()).relay.lagEntries;
        });
        return { ...measured, lagEntries };
      },
    };
  }

  /** Once the relay goes on: every unit is where the answers said. */
  async audit(): Promise<void> {
    for (const { sale, held } of this.#sold) await auditDrained(sale, held);
    this.#sold.length = 0;
  }
}
