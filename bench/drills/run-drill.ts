import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { drain } from '../demo/drain.ts';
import { DemoFailure } from '../demo/failure.ts';
import { type Crowd, LoadProcesses } from '../demo/load-processes.ts';
import { openFilesMax } from '../demo/machine.ts';
import { Operator } from '../demo/operator.ts';
import { type Plan, planRush } from '../demo/plan.ts';
import { proveOrders } from '../demo/proof.ts';
import { demoSale } from '../demo/sale.ts';
import { type System, startSystem } from '../demo/system.ts';
import { judge } from '../demo/verdict.ts';
import { dice } from '../dice.ts';
import { withoutSettings } from '../without-settings.ts';
import { noticed, stoodStill, tooLong } from './absence.ts';
import { follow } from './lost-holds.ts';
import { grown, type MemoryOfRole, MemoryWatch } from './memory.ts';
import { PacedCrowd } from './paced-crowd.ts';
import type { DrillResult } from './result.ts';
import { SaleWatch } from './sale-watch.ts';
import { type Drill, DrillFailure, type Given, type Preparation } from './scene.ts';
import { recoveryMsMax, type Strike, strikeUntilOver } from './strikes.ts';
import { persistently } from './until.ts';

export interface DrillSize {
  buyers: number;
  units: number;
  method: 'fifo' | 'queue' | 'lottery';
}

const nothingGiven: Given = { awaySeconds: null, awayKind: null, minutes: null };

/** Two of each, so that somebody is left when one dies. */
const gateways = 2;
const workers = 2;
/** The sale opens when that share of the crowd is in. */
const openAtShare = 0.6;
const operatorWithinMs = 60_000;
/** Some more than there are units, so that all of them are sold. */
const pacedShare = 1.2;

/** A sale without a waiting room that is open. */
const opened = (sale: CreateSale, now: Date, whenRedisIsDown: 'refuse' | 'slow'): CreateSale => ({
  ...sale,
  ...{ method: 'none', whenRedisIsDown, opensAt: now.toISOString() },
});

/** One drill from the first process to the verdict. `stop` may be called at any moment. */
export class DrillRun {
  readonly #drill: Drill;
  readonly #seed: number;
  readonly #size: DrillSize;
  readonly #say: (line: string) => void;
  readonly #given: Given;
  #started: Pick<System, 'stop' | 'kill'> | null = null;
  #system: System | null = null;
  #load: LoadProcesses | PacedCrowd | null = null;
  #preparation: Preparation | null = null;

  constructor(
    drill: Drill,
    seed: number,
    size: DrillSize,
    say: (line: string) => void,
    given = nothingGiven,
  ) {
    this.#drill = drill;
    this.#seed = seed;
    this.#size = size;
    this.#say = say;
    this.#given = given;
  }

  /** Resolves with what came out. Throws `DrillFailure` or `DemoFailure` where it could not be run. */
  async run(): Promise<DrillResult> {
    const startedAtMs = performance.now();
    const next = dice(this.#seed);
    this.#preparation = await this.#drill.prepare(next, this.#seed, this.#given);
    const { arrange } = this.#preparation;
    const system = await startSystem(
      gateways,
      (started) => {
        this.#started = started;
      },
      async (parts) => ({
        GATEWAYS: String(gateways),
        WORKERS: String(workers),
        LOG_LEVEL: 'error',
        ...(await arrange?.(parts)),
      }),
      // What strikes here must not strike at what somebody runs.
      withoutSettings(process.env),
    );
    this.#system = system;
    const result = await Promise.race([system.broken, this.#rush(system, next)]);
    return { ...result, durationSeconds: Math.round((performance.now() - startedAtMs) / 1000) };
  }

  /** Stops everything and removes the data. */
  async stop(): Promise<void> {
    this.#load?.kill();
    await this.#started?.stop(false);
    await this.#preparation?.clean?.();
    if (this.#system) await rm(this.#system.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  kill(): void {
    this.#load?.kill();
    this.#started?.kill();
  }

  async #rush(system: System, next: () => number): Promise<DrillResult> {
    const isPaced = this.#drill.crowd === 'paced';
    const { units, method } = this.#size;
    const buyers = isPaced ? Math.ceil(units * pacedShare) : this.#size.buyers;
    const plan = this.#plan();
    const operator = new Operator(system);
    const now = new Date();
    const rush = demoSale({ method, seed: this.#seed, units, buyers, json: null, keep: false }, plan, now);
    const sale = isPaced ? opened(rush, now, this.#drill.whenRedisIsDown ?? 'refuse') : rush;
    await operator.createSale(sale);
    const setting = {
      origin: system.origin,
      authSecret: system.authSecret,
      seed: this.#seed,
      saleId: sale.id,
      sku: sale.items[0]?.sku as string,
      holdMs: sale.holdSeconds * 1_000,
    };
    const arrivalMs = this.#sellingSeconds * 1_000 * pacedShare;
    const load = isPaced
      ? new PacedCrowd({ ...setting, buyers, arrivalMs })
      : await LoadProcesses.start(
          plan.parts.map((part) => ({ ...setting, ...part, arrivalMs: plan.arrivalMs })),
          system.dataDir,
        );
    this.#load = load;

    const struck: Strike[] = [];
    const scene = { system, operator, saleId: sale.id, next };
    const fault = await (this.#preparation as Preparation).begin(scene);
    const watch = new SaleWatch(() => operator.sale(sale.id));
    const memoryWatch = this.#drill.soakMinutes === undefined ? null : new MemoryWatch(system);
    let isOver = false;
    const running = load.run(plan.rushMsMax).finally(() => {
      isOver = true;
    });
    const tell = (strike: Strike) => {
      struck.push(strike);
      const { atMs, what, during, recoveryMs } = strike;
      const recovered = recoveryMs === null ? 'NOT RECOVERED' : `recovered after ${recoveryMs} ms`;
      this.#say(
        `  ${(atMs / 1000).toFixed(1).padStart(6)} s  ${what} (${during}), ${watch.sold} sold, ${recovered}`,
      );
    };
    let crowd: Crowd;
    let memory: MemoryOfRole[] = [];
    try {
      [crowd] = await Promise.all([
        running,
        isPaced ? null : this.#openWhenFull(operator, sale.id, plan, watch, () => isOver),
        strikeUntilOver(this.#drill, fault, scene, watch, () => isOver, tell),
      ]);
    } finally {
      isOver = true;
      await watch.stop();
      memory = (await memoryWatch?.stop()) ?? [];
      await fault.end?.();
    }
    this.#say('  everybody has an outcome; waiting for the sale to drain');
    const payers = isPaced ? buyers : plan.payers;
    const evidence = await this.#evidence(system, operator, sale.id, crowd, payers);
    const absences = struck.flatMap(({ absence, available }) =>
      absence ? noticed(absence, available, crowd) : [],
    );
    const price = sale.items[0]?.price as { amount: number; currency: string };
    return {
      name: this.#drill.name,
      seed: this.#seed,
      buyers,
      units,
      strikes: struck.length,
      recoveryMs: slowest(struck),
      audit: evidence.audit,
      violations: [
        ...judge({ ...evidence, buyers, units, price })
          .filter(({ ok }) => !ok)
          .map(({ name, detail }) => `${name}: ${detail}`),
        ...(struck.some(({ recoveryMs }) => recoveryMs === null)
          ? [`not whole and selling again within ${recoveryMsMax / 1000} s of a strike`]
          : []),
        // A sale that goes on may have nothing left by the return.
        ...tooLong(absences.filter(({ sellingAgainMs }) => !isPaced || sellingAgainMs !== null)),
        ...(isPaced ? stoodStill(absences) : []),
        ...grown(memory),
        ...(struck.length === 0 ? ['nothing struck while the sale was running'] : []),
      ],
      struck,
      absences,
      memory,
      clients: crowd.outcomes,
      incidents: crowd.incidents,
      lostHolds: await follow(system, crowd.lostHolds),
      durationSeconds: 0,
    };
  }

  async #evidence(system: System, operator: Operator, saleId: string, crowd: Crowd, payers: number) {
    const drained = await drain(() => persistently(() => operator.audit(saleId), operatorWithinMs));
    return {
      ...drained,
      clients: crowd.outcomes,
      failures: crowd.failures,
      lostHolds: this.#drill.mayLoseHolds ? 0 : crowd.incidents.lostHolds,
      proof: await proveOrders({ ...system, saleId }, crowd.confirmed),
      provider: await operator.charges(),
      payers,
    };
  }

  get #sellingSeconds(): number {
    const { soakMinutes, sellingSecondsMin } = this.#drill;
    if (soakMinutes !== undefined) return (this.#given.minutes ?? soakMinutes) * 60;
    return Math.min(120, Math.max(sellingSecondsMin, this.#size.units / 10));
  }

  /** A rush like the demo's, at a pace that leaves time for strikes. */
  #plan(): Plan {
    const { buyers, units } = this.#size;
    const planned = planRush({ buyers, units, seed: this.#seed }, openFilesMax(), gateways);
    if (planned.kind === 'impossible') throw new DemoFailure(planned.reason);
    const sellingSeconds = this.#sellingSeconds;
    return {
      ...planned.plan,
      perMinute: Math.max(60, Math.ceil((units / sellingSeconds) * 60)),
      rushMsMax: planned.plan.rushMsMax + sellingSeconds * 3_000 + 120_000,
    };
  }

  async #openWhenFull(
    operator: Operator,
    saleId: string,
    { arrivalMs }: Plan,
    watch: SaleWatch,
    isOver: () => boolean,
  ): Promise<void> {
    const share = this.#size.method === 'lottery' ? 1 : openAtShare;
    const deadlineMs = performance.now() + arrivalMs + 20_000;
    const enough = this.#size.buyers * share;
    while ((this.#load?.progress().joined ?? 0) < enough && performance.now() < deadlineMs && !isOver()) {
      await sleep(100);
    }
    // A repeat of the command is refused where the first one was heard and its answer lost.
    await persistently(async () => {
      const sale = await operator.sale(saleId);
      if (sale?.state === 'waiting' || !sale) await operator.open(saleId);
    }, operatorWithinMs);
    watch.expectOpening();
  }
}

function slowest(struck: readonly Strike[]): number | null {
  const recoveries = struck.map(({ recoveryMs }) => recoveryMs);
  return recoveries.length === 0 || recoveries.includes(null) ? null : Math.max(...(recoveries as number[]));
}

/** Whether a failure was foreseen, so that its message is all that a reader needs. */
export const isForeseen = (error: unknown): error is Error =>
  error instanceof DrillFailure || error instanceof DemoFailure;
