import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { drain } from './drain.ts';
import { DemoFailure } from './failure.ts';
import { type LiveView, liveView } from './live-view.ts';
import { type Crowd, LoadProcesses } from './load-processes.ts';
import { openFilesMax } from './machine.ts';
import { Operator } from './operator.ts';
import type { DemoOptions } from './options.ts';
import { type Plan, planRush } from './plan.ts';
import { proveOrders } from './proof.ts';
import { report } from './report.ts';
import { type DemoResult, resultOf } from './result.ts';
import { demoSale } from './sale.ts';
import { type System, startSystem } from './system.ts';
import { watchRush } from './watch-rush.ts';

/** The sale opens when that share of the crowd is in; the rest comes while it sells, except to a lottery. */
const openAtShare = { fifo: 0.6, queue: 0.6, lottery: 1 };

/** One demo from the first process to the report. `stop` may be called at any moment. */
export class Demo {
  readonly #options: DemoOptions;
  readonly #stream: NodeJS.WriteStream;
  #started: Pick<System, 'stop' | 'kill'> | null = null;
  #system: System | null = null;
  #load: LoadProcesses | null = null;
  #view: LiveView | null = null;

  constructor(options: DemoOptions, stream: NodeJS.WriteStream) {
    this.#options = options;
    this.#stream = stream;
  }

  get system(): System | null {
    return this.#system;
  }

  /** Resolves with what came out. Throws `DemoFailure` where it could not be run to its end. */
  async run(): Promise<DemoResult> {
    const { buyers, units, seed, json } = this.#options;
    const plan = this.#plan();
    this.#say(`Doorbuster demo: ${buyers} buyers for ${units} units, seed ${seed}`);
    const stores = ['REDIS_URL', 'DATABASE_URL'].filter((name) => process.env[name]);
    if (stores.length > 0) this.#say(`  on stores of yours: ${stores.join(' and ')}`);
    const startedAtMs = performance.now();
    const system = await startSystem(plan.gateways, (started) => {
      this.#started = started;
    });
    this.#system = system;
    this.#say(`  ready after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s: ${system.origin}`);
    const result = await Promise.race([system.broken, this.#rush(system, plan)]);
    this.#say(report(result));
    if (json) await write(json, result);
    return result;
  }

  /** Stops everything that was started, and removes the data unless it is to be kept. */
  async stop(): Promise<void> {
    this.#view?.close();
    this.#load?.kill();
    await this.#started?.stop(!this.#options.keep);
  }

  kill(): void {
    this.#view?.close();
    this.#load?.kill();
    this.#started?.kill();
  }

  #plan(): Plan {
    const gateways = process.env.GATEWAYS ? Number(process.env.GATEWAYS) : null;
    const planned = planRush(this.#options, openFilesMax(), gateways);
    if (planned.kind === 'impossible') throw new DemoFailure(planned.reason);
    return planned.plan;
  }

  async #rush(system: System, plan: Plan): Promise<DemoResult> {
    const { buyers, units, seed } = this.#options;
    const operator = new Operator(system);
    const sale = demoSale(this.#options, plan, new Date());
    await operator.createSale(sale);
    this.#say(
      `  sale ${sale.id}: ${sale.method}, holds of ${sale.holdSeconds} s, ${sale.perMinute} turns a minute`,
    );

    const { crowd, openedAtMs, durationSeconds } = await this.#send(system, operator, sale, plan);
    this.#say('  everybody has an outcome; waiting for the sale to drain');
    const drained = await drain(() => operator.audit(sale.id));
    const proof = await proveOrders({ ...system, saleId: sale.id }, crowd.confirmed);
    return resultOf(
      { seed, saleId: sale.id, openedAtMs, durationSeconds, crowd },
      {
        buyers,
        units,
        payers: plan.payers,
        price: sale.items[0]?.price as { amount: number; currency: string },
        clients: crowd.outcomes,
        failures: crowd.failures,
        lostHolds: crowd.incidents.lostHolds,
        proof,
        ...drained,
        provider: await operator.charges(),
      },
    );
  }

  /** The rush itself, with the live view beside it. */
  async #send(
    system: System,
    operator: Operator,
    sale: CreateSale,
    plan: Plan,
  ): Promise<{ crowd: Crowd; openedAtMs: number; durationSeconds: number }> {
    const { buyers, seed } = this.#options;
    const { origin, authSecret, dataDir } = system;
    const setting = {
      ...{ origin, authSecret, seed },
      saleId: sale.id,
      sku: sale.items[0]?.sku as string,
      holdMs: sale.holdSeconds * 1_000,
    };
    const parts = plan.parts.map((part) => ({ ...setting, ...part, arrivalMs: plan.arrivalMs }));
    const load = await LoadProcesses.start(parts, dataDir);
    this.#load = load;

    const beganAtMs = performance.now();
    let isOver = false;
    const running = load.run(plan.rushMsMax).finally(() => {
      isOver = true;
    });
    const view = liveView(this.#stream);
    this.#view = view;
    const watching = watchRush(view, {
      buyers,
      sale: () => operator.sale(sale.id),
      progress: () => load.progress(),
      isOver: () => isOver,
    });
    try {
      const [openedAtMs, crowd] = await Promise.all([
        this.#openWhenFull(operator, sale.id, plan, () => isOver),
        running,
      ]);
      return { crowd, openedAtMs, durationSeconds: (performance.now() - beganAtMs) / 1000 };
    } finally {
      isOver = true;
      await watching;
      view.close();
    }
  }

  async #openWhenFull(
    operator: Operator,
    saleId: string,
    { arrivalMs }: Plan,
    isOver: () => boolean,
  ): Promise<number> {
    const deadlineMs = performance.now() + arrivalMs + 20_000;
    const enough = this.#options.buyers * openAtShare[this.#options.method];
    while ((this.#load?.progress().joined ?? 0) < enough && performance.now() < deadlineMs && !isOver()) {
      await sleep(100);
    }
    const openedAtMs = Date.now();
    await operator.open(saleId);
    return openedAtMs;
  }

  #say(text: string): void {
    this.#stream.write(`${text}\n`);
  }
}

async function write(file: string, result: DemoResult): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  } catch (error) {
    throw new DemoFailure(`the result could not be written: ${(error as Error).message}`);
  }
}
