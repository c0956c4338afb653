import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { floorKeys, outboxKey, placesKey, saleKey, stockKey } from '../redis/keys.ts';
import { type Reply, script } from '../redis/scripts.ts';
import type { Call } from './modelled/calls.ts';
import { placeOf, placeText } from './modelled/leave.ts';
import type { SaleSetup } from './modelled/setup.ts';
import { checkInvariants } from './observed/invariants.ts';
import { decodeObserved, type ObservedSale, observeSha } from './observed/observed-sale.ts';
import { Replay } from './observed/replay.ts';

/** One sale on a real Redis, asked in as few round trips as there are calls. */
export class RealSale {
  readonly keys: string[];
  readonly replay = new Replay();
  observed!: ObservedSale;
  readonly #redis: Redis;
  readonly saleId = `model-${randomBytes(6).toString('hex')}`;
  readonly #limits: { perBuyer: number };
  /** Of all places: which one does not matter where nobody looks for it. */
  readonly #bucket: string;
  /** Set before the next exchange where it differs from what Redis has. */
  wallMs: number;
  #wallMsSent: number | null = null;
  #calls = 0;
  /** In base64, of everybody who joined. */
  readonly #placeOfTurn: string[] = [];

  constructor(redis: Redis, setup: SaleSetup, startMs: number) {
    this.#redis = redis;
    this.wallMs = startMs;
    this.#limits = { perBuyer: setup.perBuyerLimit };
    this.keys = floorKeys(this.saleId);
    this.#bucket = placesKey(this.saleId, 0);
  }

  /** Publishes the sale, its clock set before it exists. */
  async publish(setup: SaleSetup): Promise<void> {
    const startMs = this.wallMs;
    const fields = Object.entries({
      id: this.saleId,
      buckets: 64,
      method: setup.method,
      perBuyerLimit: setup.perBuyerLimit,
      holdMs: setup.holdMs,
      claimMs: setup.claimMs,
      extendMs: setup.extendMs,
      perMinute: setup.perMinute,
      ...(setup.checkoutsAtOnceMax === null ? {} : { checkoutsAtOnceMax: setup.checkoutsAtOnceMax }),
      waitingOpensAtMs: startMs,
      opensAtMs: startMs + setup.opensInMs,
      closesAtMs: startMs + setup.closesInMs,
    });
    const args = [1, fields.length, ...fields.flat(), ...Object.entries(setup.units).flat()];
    await this.#exchange([this.#evalsha('sale/publish', this.#ownKeys(), args.map(String))]);
  }

  /** These have joined the waiting room, behind those who were there. */
  async join(buyerIds: readonly string[]): Promise<void> {
    const places = buyerIds.flatMap((buyerId, i) => [placeOf(buyerId), this.#placeOfTurn.length + i]);
    this.#placeOfTurn.push(...buyerIds.map(placeText));
    await this.#exchange([
      ['hincrby', saleKey(this.saleId), 'entrants', buyerIds.length],
      ['hset', this.#bucket, ...places],
    ]);
  }

  /** Answers what follows the echo, after all invariants were checked. A script's error is answered, too. */
  async call(call: Call): Promise<Reply | Error> {
    const [reply] = await this.#exchange([this.#command(call)]);
    return reply as Reply | Error;
  }

  /**
   * Makes a call while one key is missing or of another type, and puts the key back. Answers whether the
   * call left it as it was found.
   */
  async callWithout(
    key: string,
    instead: 'missing' | 'wrong type',
    call: Call,
  ): Promise<[Reply | Error, boolean]> {
    const aside = `${key}:aside`;
    const replies = await this.#exchange([
      ['rename', key, aside],
      ...(instead === 'missing' ? [] : [['rpush', key, 'a list is none of them']]),
      this.#command(call),
      ['type', key],
      ['del', key],
      ['rename', aside, key],
    ]);
    const [reply, type] = instead === 'missing' ? [replies[1], replies[2]] : [replies[2], replies[3]];
    return [reply as Reply | Error, type === (instead === 'missing' ? 'none' : 'list')];
  }

  async forget(): Promise<void> {
    await this.#redis.del(...this.keys, this.#bucket);
  }

  #ownKeys = () => [saleKey(this.saleId), stockKey(this.saleId), outboxKey(this.saleId)];

  #command({ script: name, args }: Call): (string | number)[] {
    if (name !== 'waiting-room/leave') {
      return this.#evalsha(name, script(name).keyCount === 3 ? this.#ownKeys() : this.keys, args);
    }
    const buckets = Array(Math.floor((args.length - 3) / 3)).fill(this.#bucket);
    return this.#evalsha(name, [...this.keys, ...buckets], args);
  }

  #evalsha(name: string, keys: string[], args: string[]): (string | number)[] {
    return ['evalsha', script(name).sha, keys.length, ...keys, `call-${++this.#calls}`, ...args];
  }

  /** Sends commands and a look at everything in one round trip. Answers the commands' replies, without echoes. */
  async #exchange(commands: (string | number)[][]): Promise<unknown[]> {
    const setWall =
      this.wallMs === this.#wallMsSent ? [] : [['hset', saleKey(this.saleId), 'wallMs', this.wallMs]];
    const observe = ['evalsha', observeSha, this.keys.length, ...this.keys, this.replay.position, 'all'];
    const all = (await this.#redis.pipeline([...setWall, ...commands, observe]).exec()) ?? [];
    this.#wallMsSent = this.wallMs;
    const results = all.slice(setWall.length);
    const [lookError, look] = results.pop() ?? [];
    if (lookError) throw lookError;
    this.observed = decodeObserved(look as string);
    this.replay.read(this.observed.newEvents);
    checkInvariants(this.observed, this.replay, this.#limits, (turn) => this.#placeOfTurn[turn]);
    return results.map(([error, reply], i) => {
      if (error || commands[i]?.[0] !== 'evalsha') return error ?? reply;
      const [echo, ...rest] = reply as Reply;
      if (echo !== commands[i]?.[this.#echoAt(commands[i] as unknown[])])
        throw new Error('the reply answers another call');
      return rest;
    });
  }

  /** Where the request id stands in an EVALSHA. */
  #echoAt = (command: unknown[]): number => 3 + Number(command[2]);
}
