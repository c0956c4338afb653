import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../demo/ports.ts';
import { tokenSigner } from '../../load/tokens.ts';
import type { Contender } from '../contest/contender.ts';
import { demand } from '../failure.ts';
import { checkBytes, wireBytes } from '../load/answer-bytes.ts';
import { generatorOf } from '../load/generator.ts';
import type { Load } from '../load/load.ts';
import { measuredLoad } from '../load/measured-load.ts';
import { Part } from '../part.ts';
import { RedisCli } from '../redis-cli.ts';
import type { Options, Subject } from '../subject.ts';

/** Programs under bench/baselines that answer `POST …/reservations` in another way. */
export const opponentNames = [
  'pg-row-lock',
  'redis-lock',
  'watch-multi',
  'eval-fastify',
  'eval-node-http',
] as const;

const plentyOfUnits = 5_000_000;
let sales = 0;

const settleMs = 300;
const settleLooksMax = 30;

interface Taken {
  units: number;
  holds: number;
}

/** One of them as a process on the system's own stores, sold out from the start where `units` is 0. */
export class Opponent implements Contender {
  readonly name: string;
  readonly usesRedis: boolean;
  readonly #part: Part;
  readonly #origin: string;
  readonly #subject: Subject;
  readonly #options: Options;
  readonly #tokensFile: string;
  readonly #units: number;

  private constructor(
    name: string,
    part: Part,
    origin: string,
    { subject, options, tokensFile, units = plentyOfUnits }: OpponentSetting,
  ) {
    this.name = name;
    this.usesRedis = name !== 'pg-row-lock';
    this.#part = part;
    this.#origin = origin;
    this.#subject = subject;
    this.#options = options;
    this.#tokensFile = tokensFile;
    this.#units = units;
  }

  static async start(name: (typeof opponentNames)[number], setting: OpponentSetting): Promise<Opponent> {
    const [port] = (await freePorts(1)) as [number];
    const part = await Part.start(`bench/baselines/${name}/main.ts`, {
      directory: setting.subject.directory,
      env: { ...setting.subject.environment, PORT: String(port) },
    });
    return new Opponent(name, part, `http://127.0.0.1:${port}`, setting);
  }

  async round(seconds: number) {
    const id = `${this.name}-${Date.now().toString(36)}-${++sales}`;
    const stock = { saleId: id, sku: id, units: this.#units };
    await this.#part.ask({ sell: stock });
    const load: Load = {
      origin: this.#origin,
      method: 'POST',
      path: `/api/v1/sales/${id}/reservations`,
      body: JSON.stringify({ items: [{ sku: id, quantity: 1 }] }),
      tokensFile: this.#tokensFile,
      again: false,
      header: null,
      expects: this.#units > 0 ? 'success' : 410,
      connections: this.#options.connections,
      seconds,
    };
    const probe = await this.#probe(load);
    const generate = generatorOf(this.#options.generator, this.#subject.directory);
    const redis = new RedisCli(this.#subject.redisUrl);
    const result = await measuredLoad(generate, load, { pids: [this.#part.pid], redis });
    checkBytes(result.bytesPerAnswer, probe);
    const answers = this.#units > 0 ? result.requests + 1 : 0;
    const most = this.#units > 0 ? answers + result.underWayMax : 0;
    const { units, holds } = await this.#settled(stock);
    demand(
      units === holds && units >= answers && units <= most,
      `${this.name}: ${units} units are gone and ${holds} are held, but the answers say ${answers} to ${most}`,
    );
    return result;
  }

  /** Each round has looked at its stock already. */
  async audit(): Promise<void> {}

  stop(): Promise<void> {
    return this.#part.stop();
  }

  /** What is taken, once what was under way when the time was up has been decided. */
  async #settled(taken: object): Promise<Taken> {
    let before: Taken | null = null;
    for (let look = 0; look < settleLooksMax; look++) {
      const now = await this.#part.ask<Taken>({ taken });
      if (before?.units === now.units && now.units === now.holds) return now;
      before = now;
      await sleep(settleMs);
    }
    return before as Taken;
  }

  #probe({ path, body, expects }: Load): Promise<number> {
    const token = tokenSigner(this.#subject.authSecret)({ sub: 'probe' });
    return wireBytes(this.#origin, { method: 'POST', path, body, token }, (status) =>
      expects === 'success' ? status === 201 : status === 410,
    );
  }
}

export interface OpponentSetting {
  subject: Subject;
  options: Options;
  tokensFile: string;
  units?: number;
}

/** Runs `use` with all opponents running, and stops them whatever comes of it. */
export async function withOpponents<Result>(
  setting: OpponentSetting,
  use: (opponents: Opponent[]) => Promise<Result>,
): Promise<Result> {
  const opponents: Opponent[] = [];
  try {
    for (const name of opponentNames) opponents.push(await Opponent.start(name, setting));
    return await use(opponents);
  } finally {
    await Promise.all(opponents.map((opponent) => opponent.stop()));
  }
}
