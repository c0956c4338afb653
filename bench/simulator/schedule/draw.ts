import type { OrderState } from '../../../engine/contracts/states.ts';
import { gatewayCount, workerCount } from '../cast/cast.ts';
import type { Simulation } from '../simulation.ts';
import { type Card, cards, type Decision, type OperatorAct, type Visit } from './decision.ts';
import { type Weights, weightsOf } from './weights.ts';

/** More tasks than this are not begun beside each other: their steps would come too seldom. */
const openTasksMax = 6;

/**
 * Draws the decisions of a schedule one by one, looking at where the simulation stands. The same dice and the same
 * simulation give the same schedule.
 */
export class Drawer {
  readonly #dice: () => number;
  #tasks = 0;

  constructor(dice: () => number) {
    this.#dice = dice;
  }

  next(simulation: Simulation): Decision {
    const { cast, open, setup } = simulation;
    const { weather } = setup;
    const weights = weightsOf[setup.theme];
    const waiting = cast.steps.waiting.length;
    const calm = open.size >= openTasksMax ? 0 : 1;
    const choice = this.#weighted<() => Decision | null>([
      [waiting > 0 ? 90 + 20 * waiting : 0, () => this.#step(simulation, weights)],
      [calm * weights.visit, () => this.#visit(simulation, weights)],
      [calm * weights.tick, () => this.#ofGateway('tick')],
      [calm * weights.hear, () => this.#ofGateway('hear')],
      [calm * (cast.jobs.waiting.length > 0 ? weights.job : 0), () => this.#job()],
      [calm * weights.pass, () => this.#pass(simulation)],
      [calm * weights.operate, () => this.#operate(simulation)],
      // A request that waits for longer than its deadline is given up, and most should not be.
      [waiting > 0 ? 4 : 20, () => this.#wait(waiting > 0)],
      [weather * weights.crash, () => ({ kind: 'crash', process: this.#among(cast.names) })],
      [weights.bank, () => this.#bank(simulation)],
      [weather * weights.redis, () => this.#redis()],
      [weather * weights.provider, () => this.#provider(simulation)],
    ]);
    return choice() ?? this.#wait(waiting > 0);
  }

  #step({ cast, setup }: Simulation, { lost, refused }: Weights): Decision {
    const { task } = this.#among(cast.steps.waiting);
    const roll = this.#dice() / Math.max(setup.weather, 0.001);
    const fate = roll < lost ? 'lost' : roll < lost + refused ? 'refused' : 'done';
    return { kind: 'step', task: task.number, fate };
  }

  #ofGateway(kind: 'tick' | 'hear'): Decision {
    return { kind, task: this.#task(), gateway: this.#below(gatewayCount) };
  }

  #visit({ buyers, setup }: Simulation, { reserve, pay, order }: Weights): Decision | null {
    const buyer = this.#among(buyers);
    const hasRoom = setup.method !== 'none';
    const [joins, stays] = hasRoom ? (buyer.ticket === null ? [30, 0] : [2, 1]) : [0, 0];
    const visit = this.#weighted<Visit>([
      [joins, { does: 'join' }],
      [8 * stays, { does: 'look' }],
      [0.5 * stays, { does: 'leave' }],
      [(joins > 2 ? 1 : 20) * reserve, { does: 'reserve', items: this.#items(Object.keys(setup.units)) }],
      [buyer.hold ? 3 * reserve : 0, { does: 'release' }],
      [buyer.hold && setup.extendSeconds > 0 ? 4 : 0, { does: 'extend', again: this.#dice() < 0.3 }],
      [buyer.hold ? 30 * pay : 0, { does: 'pay', card: this.#card(), again: false }],
      [buyer.payment ? 8 * pay : 0, { does: 'pay', card: 'tok_visa', again: true }],
      [buyer.orderId ? 8 * order : 0, { does: 'cancel', again: this.#dice() < 0.3 }],
      [buyer.orderId ? 6 * order : 0, { does: 'give address' }],
      [buyer.orderId ? 6 * order : 0, { does: 'return' }],
      [1, { does: 'read orders' }],
    ]);
    const gateway = this.#below(gatewayCount);
    return { kind: 'visit', task: this.#task(), buyer: buyer.number, gateway, visit };
  }

  #items(skus: readonly string[]): string {
    const [first = 'a', second] = skus;
    const roll = this.#dice();
    if (roll < 0.15) return `${first}:2`;
    if (second === undefined || roll < 0.55) return `${first}:1`;
    return roll < 0.8 ? `${second}:1` : `${first}:1,${second}:1`;
  }

  #card(): Card {
    return this.#dice() < 0.5 ? 'tok_visa' : this.#among(cards);
  }

  #job(): Decision {
    const which = this.#dice() < 0.7 ? 'oldest' : 'newest';
    const stays = this.#dice() < 0.15;
    return { kind: 'job', task: this.#task(), worker: this.#below(workerCount), which, stays };
  }

  #pass({ cast, setup }: Simulation): Decision | null {
    const worker = this.#below(workerCount);
    const names = cast.workers[worker]?.work.passes.map(([name]) => name) ?? [];
    // Without it a worker knows of no sale, and most of its passes do nothing.
    const often: [number, string][] = [
      [3, 'live sales'],
      [3, 'epochs'],
      [4, 'relay of busy sales'],
      [2, 'lapsed pins'],
      [2, 'lost payments'],
      [2, 'unconfirmed holds'],
      [setup.theme === 'afterwards' ? 9 : 2, 'refunds'],
      [setup.theme === 'afterwards' ? 9 : 2, 'returned units'],
      [setup.method === 'none' ? 0 : 1, 'progress'],
      [setup.method === 'queue' ? 4 : 0, 'draws'],
      [1, this.#among(names)],
    ];
    return { kind: 'pass', task: this.#task(), worker, pass: this.#weighted(often) };
  }

  #operate({ facts, observed, setup }: Simulation): Decision | null {
    const order = this.#below(Math.max(1, facts.orders.length));
    const sku = this.#among(Object.keys(setup.units));
    const hasOrders = facts.orders.length > 0 ? 1 : 0;
    const asked = facts.returns.length;
    const act = this.#weighted<OperatorAct>([
      [1, { does: 'pause' }],
      [observed?.sale.state === 'paused' ? 30 : 0.5, { does: 'resume' }],
      [0.3, { does: 'close' }],
      [setup.opensInMs > 0 ? 2 : 0.2, { does: 'open' }],
      [2, { does: 'set units', sku, units: 1 + this.#below(4) }],
      [6 * hasOrders, { does: this.#moveOf(facts.orders[order]?.status), order }],
      [
        2 * hasOrders,
        { does: 'refund', order, amount: this.#among([null, 100, 30_000]), again: this.#dice() < 0.3 },
      ],
      [
        asked > 0 ? 6 : 0,
        { does: this.#among(['approve', 'approve', 'reject'] as const), return: this.#below(asked) },
      ],
    ]);
    return { kind: 'operate', task: this.#task(), act };
  }

  /** Mostly the one that comes next. */
  #moveOf(status: OrderState | undefined): 'process' | 'ship' | 'deliver' {
    const next = ({ confirmed: 'process', processing: 'ship', shipped: 'deliver' } as const)[
      status as 'confirmed'
    ];
    return next && this.#dice() < 0.8 ? next : this.#among(['process', 'ship', 'deliver'] as const);
  }

  #wait(isSomebodyWaiting: boolean): Decision {
    const roll = this.#dice();
    if (roll < 0.3) return { kind: 'wait for the next end', offMs: this.#among([-1, 0, 1]) };
    if (roll < (isSomebodyWaiting ? 0.9 : 0.5)) return { kind: 'wait', ms: 1 + this.#below(300) };
    return { kind: 'wait', ms: roll < 0.97 ? 1_000 + this.#below(3_900) : 5_001 + this.#below(30_000) };
  }

  #bank({ buyers }: Simulation): Decision {
    const does = this.#dice() < 0.7 ? 'complete' : 'refuse';
    return { kind: 'bank', buyer: this.#below(buyers.length), does };
  }

  #redis(): Decision {
    const fault = this.#weighted<Extract<Decision, { kind: 'redis' }>['fault']>([
      [3, 'is copied'],
      [3, 'restarts'],
      [2, 'loses everything'],
      [3, 'falls back to the copy'],
    ]);
    return { kind: 'redis', fault };
  }

  #provider({ providers }: Simulation): Decision {
    const mood = this.#among(['well', 'well', 'away', 'silent'] as const);
    return { kind: 'provider', provider: this.#below(providers.length), mood };
  }

  #task = () => ++this.#tasks;
  #below = (count: number) => Math.floor(this.#dice() * count);
  #among = <T>(list: readonly T[]): T => list[this.#below(list.length)] as T;

  #weighted<T>(choices: readonly [weight: number, choice: T][]): T {
    let left = this.#dice() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    return (choices.at(-1) as [number, T])[1];
  }
}
