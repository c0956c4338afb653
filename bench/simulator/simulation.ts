import type { Audit } from '../../engine/contracts/wire/sales.ts';
import type { ObservedSale } from '../../engine/model/observed/observed-sale.ts';
import { outboxKey } from '../../engine/redis/keys.ts';
import { dice as diceFrom, diceOf } from '../dice.ts';
import { Buyer } from './cast/buyer.ts';
import { Cast, type LaneStores } from './cast/cast.ts';
import { SimulatedProvider } from './cast/provider.ts';
import { RedisFaults } from './cast/redis-faults.ts';
import { drawSetup, type Setup, saleId, saleOf } from './cast/setup.ts';
import { type Undertaking, undertakingOf } from './cast/undertakings.ts';
import { checkBooks, checkSoldIsCommitted } from './checks/across.ts';
import { type Facts, readFacts } from './checks/facts.ts';
import { checkObserved, observeFloor } from './checks/floor.ts';
import { checkRows } from './checks/rows.ts';
import { Violation } from './checks/violation.ts';
import { Words } from './checks/words.ts';
import { isForeseen } from './runtime/absences.ts';
import { SetClock } from './runtime/clock.ts';
import { replaceGlobals } from './runtime/replaced-globals.ts';
import type { Fate, Step } from './runtime/steps.ts';
import { Stillness } from './runtime/stillness.ts';
import { runIn, type Task } from './runtime/tasks.ts';
import type { Decision, Visit } from './schedule/decision.ts';

/** Ids carry the time, and those of one process ascend: each simulation begins after the one before. */
let nextStartMs = Date.UTC(2033, 4, 18);

/** One sale with everybody who takes part in it, of which nothing happens but what is decided. */
export class Simulation {
  readonly seed: number;
  readonly setup: Setup;
  readonly clock: SetClock;
  readonly words = new Words();
  readonly providers: readonly SimulatedProvider[];
  readonly buyers: readonly Buyer[];
  readonly cast: Cast;
  /** Tasks that began and are not over, by their numbers. */
  readonly open = new Map<number, Task>();
  readonly story: string[] = [];
  readonly counts = { steps: 0, switches: 0 };
  observed: ObservedSale | null = null;
  facts!: Facts;
  readonly #stores: LaneStores;
  readonly #stillness: Stillness;
  readonly #faults: RedisFaults;
  #failure: unknown = null;
  #lastTask = -1;

  private constructor(stores: LaneStores, seed: number) {
    replaceGlobals();
    this.#stores = stores;
    this.seed = seed;
    this.setup = drawSetup(diceOf(seed, 0));
    this.clock = new SetClock(nextStartMs);
    const names = this.setup.providers === 2 ? ['first', 'second'] : ['first'];
    this.providers = names.map((name) => new SimulatedProvider(name, this.setup.captureMethod));
    this.buyers = Array.from({ length: this.setup.buyers }, (_, number) => new Buyer(number));
    const { clock, words, providers } = this;
    this.cast = new Cast({ stores, clock, dice: diceFrom(seed), providers, words });
    this.#stillness = new Stillness(stores, this.cast.steps);
    this.#faults = new RedisFaults(stores.redis, this.cast);
  }

  /** Begins with empty stores. */
  static async begin(stores: LaneStores, seed: number): Promise<Simulation> {
    const simulation = new Simulation(stores, seed);
    await stores.redis.flushdb();
    await stores.watching.query(stores.wipeStatement);
    simulation.facts = await readFacts(stores.watching);
    return simulation;
  }

  /** Creates the sale, and lets happen what had happened in it before the schedule begins. */
  async beginSale(): Promise<void> {
    await this.#create();
    // As gateways do that have been running for a while, both know of the sale.
    for (const [gateway] of this.cast.gateways.entries()) {
      await this.apply({ kind: 'tick', task: -1 - gateway, gateway });
    }
    await this.finishTasks();
    for (let buyer = 0; buyer < this.setup.ordersBefore; buyer++) await this.#buy(buyer);
  }

  async #create(): Promise<void> {
    const { operator } = this.cast;
    const sale = saleOf(this.setup, this.clock.nowMs);
    const does = async () => {
      const outcome = await operator.sales.create(sale);
      return outcome.kind === 'refused' ? outcome.code : outcome.kind;
    };
    this.#begin({ number: 0, name: 'create the sale', process: operator.process, does });
    await this.#settle();
    await this.finishTasks();
  }

  /** A purchase from its beginning to its end, with nobody else about. */
  async #buy(buyer: number): Promise<void> {
    let task = -100 - 10 * buyer;
    const visit = (visit: Visit): Decision => ({ kind: 'visit', task: task--, buyer, gateway: 0, visit });
    const operate = (does: 'process' | 'ship'): Decision => ({
      ...{ kind: 'operate', task: task-- },
      act: { does, order: buyer },
    });
    const items = `${Object.keys(this.setup.units)[0]}:1`;
    for (const decide of [
      () => visit({ does: 'reserve', items }),
      () => visit({ does: 'pay', card: 'tok_visa', again: false }),
      (): Decision => ({ kind: 'job', task: task--, worker: 0, which: 'oldest', stays: false }),
      ...(this.setup.isSent
        ? [() => visit({ does: 'give address' }), () => operate('process'), () => operate('ship')]
        : []),
    ]) {
      await this.apply(decide());
      await this.finishTasks();
    }
  }

  /** Lets go of what its programs hold of the stores. The next simulation of this process begins later. */
  async end(): Promise<void> {
    for (const name of this.cast.names) await this.cast.replace(name);
    nextStartMs = Math.ceil((this.clock.nowMs + 3_600_000) / 1_000) * 1_000;
  }

  /** Does what was decided, and looks whether everything that was promised still holds. */
  async apply(decision: Decision): Promise<void> {
    // Ids carry the time: what is begun later has a later one.
    if (decision.kind !== 'step') this.clock.pass(1);
    await this.#decide(decision);
    await this.#settle();
  }

  /** Takes the steps of all tasks, in the order in which they wait, until no task waits any more. */
  async finishTasks(): Promise<void> {
    for (let taken = 0; ; taken++) {
      const [step] = this.cast.steps.waiting;
      if (!step) return;
      if (taken > 5_000) throw new Violation('every task ends', `${step.task.name} goes on and on`);
      await this.apply({ kind: 'step', task: step.task.number, fate: 'done' });
    }
  }

  /** Whether something happened in Redis that Postgres has not heard of. */
  async isUnrelayed(): Promise<boolean> {
    const after = `(${this.facts.relayPosition ?? '0-0'}`;
    return (await this.#stores.redis.xrange(outboxKey(saleId), after, '+', 'COUNT', 1)).length > 0;
  }

  /** What the operator's audit says, asked for step by step as any other request. */
  async audit(task: number): Promise<Audit> {
    const { operator } = this.cast;
    let audited: Audit | null = null;
    let failure = 'there is no such sale';
    const does = async () => {
      audited = await operator.sales.audit(saleId).catch((error: unknown) => {
        failure = `it failed: ${(error as Error).message}`;
        throw error;
      });
      return 'done';
    };
    this.#begin({ number: task, name: 'audit', process: operator.process, does });
    await this.#settle();
    await this.finishTasks();
    // It goes on without a step in between, too, and may have been overtaken by the look whether all is still.
    for (let looks = 0; this.open.has(task) && looks < 1_000; looks++) {
      await this.#settle();
      await this.finishTasks();
    }
    if (!audited) throw new Violation('the audit is clean', failure);
    return audited;
  }

  async #decide(decision: Decision): Promise<void> {
    const { cast } = this;
    const undertaking = undertakingOf(decision, this);
    if (undertaking) {
      this.#begin(undertaking);
      return;
    }
    switch (decision.kind) {
      case 'step': {
        const step = cast.steps.nextOf(decision.task);
        if (step) this.#take(step, decision.fate);
        return;
      }
      case 'wait':
        this.clock.pass(decision.ms);
        return;
      case 'wait for the next end': {
        const endMs = this.#nextEndMs();
        if (endMs !== null) this.clock.pass(Math.max(0, endMs - this.clock.nowMs + decision.offMs));
        return;
      }
      case 'crash':
        for (const [number, task] of this.open) {
          if (task.process.name === decision.process) this.open.delete(number);
        }
        await cast.replace(decision.process);
        return;
      case 'bank': {
        const id = this.buyers[decision.buyer]?.id;
        for (const { buyer, id: paymentId } of this.facts.payments) {
          if (buyer !== id) continue;
          for (const { charges } of this.providers) {
            for (const intent of charges.listByPayment(paymentId))
              charges.authenticate(intent, decision.does);
          }
        }
        return;
      }
      case 'redis':
        await this.#faults.strike(decision.fault);
        return;
      case 'provider': {
        const provider = this.providers[decision.provider];
        if (provider) provider.mood = decision.mood;
      }
    }
  }

  /** When the next hold, lease or timer ends. */
  #nextEndMs(): number | null {
    const { observed, clock } = this;
    const ends: number[] = [];
    if (observed) {
      const offsetMs = Number(observed.sale.clockOffsetMs ?? 0);
      for (const endMs of [...Object.values(observed.deadlines), ...Object.values(observed.pins)]) {
        ends.push(endMs - offsetMs);
      }
    }
    const timerMs = clock.nextMs();
    if (timerMs !== null) ends.push(timerMs);
    const ahead = ends.filter((endMs) => endMs > clock.nowMs);
    return ahead.length === 0 ? null : Math.min(...ahead);
  }

  /** Begins a task; it runs until it asks something of the world. */
  #begin({ number, name, process, does }: Undertaking): void {
    const task: Task = { number, name, process, isOver: false };
    this.open.set(number, task);
    const end = (outcome: string) => {
      task.isOver = true;
      this.open.delete(number);
      this.story.push(`${number} ${process.name} ${name}: ${outcome}`);
    };
    runIn(task, does).then(end, (error: unknown) => {
      end(String(error));
      if (!isForeseen(error)) this.#failure ??= error;
    });
  }

  #take(step: Step, fate: Fate): void {
    this.counts.steps++;
    if (this.#lastTask !== step.task.number && this.cast.steps.nextOf(this.#lastTask)) this.counts.switches++;
    this.#lastTask = step.task.number;
    this.story.push(`${step.task.number} ${step.task.process.name} ${step.of} ${step.label} ${fate}`);
    this.#stillness.disturb(step.take(fate));
  }

  /** Lets everything come to rest, and checks what may have changed. */
  async #settle(): Promise<void> {
    await this.#stillness.come();
    const { cast, setup } = this;
    const { redis, rows } = cast.moved;
    cast.moved = { redis: false, rows: false };
    const limits = { perBuyer: setup.perBuyerLimit };
    if (redis) {
      this.observed = await (cast.observing ?? observeFloor(this.#stores));
      cast.observing = null;
      if (this.observed) checkObserved(this.observed, limits);
    }
    if (rows) {
      this.facts = await readFacts(this.#stores.watching);
      checkRows(this.facts, limits);
    }
    if (redis || rows) {
      checkBooks(this.facts, this.providers);
      if (this.observed) checkSoldIsCommitted(this.observed, this.facts);
    }
    this.words.check(this.facts, this.observed);
    if (this.#failure) throw this.#failure;
  }
}
