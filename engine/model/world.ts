import type { Redis } from 'ioredis';
import type { Reply } from '../redis/scripts.ts';
import { type Call, predict } from './modelled/calls.ts';
import { ModelledSale } from './modelled/sale.ts';
import type { SaleSetup } from './modelled/setup.ts';
import { compare, same } from './observed/comparison.ts';
import type { ObservedSale } from './observed/observed-sale.ts';
import { checkPace } from './observed/pacing.ts';
import { RealSale } from './real-sale.ts';

/** Where every run begins, by the wall clock. */
const startMs = 1_800_000_000_000;

/** A modelled sale and a real one that are told the same. */
export class World {
  readonly model: ModelledSale;
  readonly real: RealSale;
  /** Every call so far, to be made again. */
  readonly history: Call[] = [];
  /** Every reservation id that a request has named. */
  readonly proposed: { id: string; buyerId: string }[] = [];
  /** Commands that Redis has answered. */
  commands = 0;
  #lastTickMs: number | null = null;

  private constructor(redis: Redis, setup: SaleSetup) {
    this.model = new ModelledSale(setup, startMs);
    this.real = new RealSale(redis, setup, startMs);
  }

  static async begin(redis: Redis, setup: SaleSetup): Promise<World> {
    const world = new World(redis, setup);
    await world.real.publish(setup);
    compare(world.model, world.real.observed);
    if (setup.method !== 'none') await world.join(setup.entrants);
    return world;
  }

  /** The wall clock shows `ms` more, or less. Nobody knows before the next call. */
  moveWall(ms: number): void {
    this.model.wallMs += ms;
    this.real.wallMs = this.model.wallMs;
  }

  async join(entrants: number): Promise<void> {
    this.commands++;
    const { model } = this;
    const joining = Array.from({ length: entrants }, (_, i) => `buyer-${model.entrants + i}`);
    for (const buyerId of joining) model.places.set(buyerId, model.entrants++);
    model.events = [];
    await this.real.join(joining);
    compare(this.model, this.real.observed);
  }

  /** Makes a call in both, and compares the answers and all that can be seen afterwards. */
  async call(call: Call): Promise<void> {
    this.commands++;
    this.history.push(call);
    const expected = predict(this.model, call);
    const before = this.real.observed;
    const reply = await this.real.call(call);
    if (expected === 'error') {
      if (!(reply instanceof Error)) throw new Error(`${call.script} took what is malformed`);
      expectUnchanged(before, this.real.observed);
    } else if (reply instanceof Error) {
      throw new Error(`${call.script} failed: ${reply.message}`);
    } else if (call.script === 'admission/tick') {
      this.#compareTick(reply);
    } else {
      same(reply, expected, `${call.script} answered otherwise`);
    }
    compare(this.model, this.real.observed);
  }

  /** Makes a call that has to fail, because a key is missing or of another type. */
  async callWithout(key: string, instead: 'missing' | 'wrong type', call: Call): Promise<void> {
    this.commands++;
    const before = this.real.observed;
    const [reply, isAsFound] = await this.real.callWithout(key, instead, call);
    const isRefused = reply instanceof Error || reply[0] === -1;
    if (!isRefused) throw new Error(`${call.script} went on although ${key} was ${instead}`);
    if (!isAsFound) throw new Error(`${call.script} wrote to ${key}, which was ${instead}`);
    expectUnchanged(before, this.real.observed);
  }

  /** How many turns a tick calls is its own decision, within bounds; everything else is as modelled. */
  #compareTick(reply: Reply): void {
    const { model } = this;
    const serving = Number(reply[5]);
    if (model.state === 'open' && model.setup.method !== 'none') {
      checkPace(model, serving, this.#lastTickMs);
      this.#lastTickMs = model.claimClockMs();
    }
    if (serving > model.serving) model.calls.push({ to: serving, atMs: model.claimClockMs() });
    model.serving = serving;
    const stock = [...model.stock].map(([sku, { units, available, held, paying, sold }]) =>
      [sku, units, available, held, paying, sold].join(),
    );
    const [, state, epoch, nowMs, entrants, , perMinute, standby, missedBelow, , ...counts] = reply;
    same(
      [state, epoch, nowMs, entrants, perMinute, standby, missedBelow, ...counts.map(String).sort()],
      [
        model.state,
        `${model.epoch}`,
        `${model.nowMs}`,
        model.entrants,
        model.setup.perMinute,
        model.standby.size,
        model.missedBelow,
        ...stock.sort(),
      ],
      'the tick answered otherwise',
    );
  }
}

/** An error, or a refusal of a damaged sale, has written nothing: not even the time. */
function expectUnchanged(before: ObservedSale, after: ObservedSale): void {
  const seen = ({ newEvents: _, sale: { wallMs, ...sale }, ...rest }: ObservedSale) => ({ sale, ...rest });
  same(seen(after), seen(before), 'an error changed something');
}
