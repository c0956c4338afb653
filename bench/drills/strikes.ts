import { setTimeout as sleep } from 'node:timers/promises';
import type { Absence } from './absence.ts';
import { processesOf, type SystemProcess } from './processes.ts';
import type { SaleWatch } from './sale-watch.ts';
import { between, type Drill, type Fault, type Scene } from './scene.ts';

/** A fault that struck while the sale was running. */
export interface Strike {
  /** Since the first buyer came. */
  atMs: number;
  what: string;
  /** What the sale was doing: its state, and whether anything was being held or paid. */
  during: string;
  /** Units that anybody could have had when it struck. */
  available: number;
  /**
   * Until the system was whole again, the sale had opened where it was told to, sold from Redis, and something had
   * been sold since where there was anything left to sell.
   */
  recoveryMs: number | null;
  /** From when to when a part was away; null where nothing was, or it came back by itself. */
  absence: Absence | null;
}

/** Longer than any recovery: what is not back by then is told as a violation. */
export const recoveryMsMax = 60_000;
const lookEveryMs = 50;

/**
 * Strikes at the drill's seeded moments until the rush is over, and waits for the system to recover in
 * between. Returns the strikes that hit a running sale.
 */
export async function strikeUntilOver(
  drill: Drill,
  fault: Fault,
  scene: Scene,
  watch: SaleWatch,
  isOver: () => boolean,
  told: (strike: Strike) => void,
): Promise<void> {
  const whole = rolesOf(processesOf(scene.system));
  const beganAtMs = performance.now();
  while (!isOver()) {
    await pauseUnless(isOver, between(...drill.pauseMs, scene.next));
    if (isOver() || watch.isFinal) return;
    const { during, available, sold } = watch;
    const struckAtMs = performance.now();
    const hit = await fault.strike();
    if (hit === null) continue;
    const { what, absence } = typeof hit === 'string' ? { what: hit, absence: null } : hit;
    const sinceMs = absence ? performance.now() - (Date.now() - absence.returnedAtMs) : struckAtMs;
    // What was sold until it was away is not told before it is back: nothing of that is a recovery.
    const soldBefore = absence ? watch.sold : sold;
    const recoveryMs = await recovery(scene, watch, whole, soldBefore, sinceMs, isOver);
    told({ atMs: Math.round(struckAtMs - beganAtMs), what, during, available, recoveryMs, absence });
    if (recoveryMs === null) return;
  }
}

async function recovery(
  scene: Scene,
  watch: SaleWatch,
  whole: string,
  soldBefore: number,
  fromMs: number,
  isOver: () => boolean,
): Promise<number | null> {
  for (;;) {
    const sinceMs = performance.now() - fromMs;
    const hasSold = watch.sold > soldBefore || !watch.isSelling || isOver();
    const sells = hasSold && !watch.isOpening && !watch.isSlow;
    if (sells && (await isWhole(scene, whole))) return Math.round(sinceMs);
    if (sinceMs > recoveryMsMax) return null;
    await sleep(lookEveryMs);
  }
}

/**
 * Every process has a successor, the public plane says that it reaches stores and workers, and the operator's answers:
 * on a busy machine it takes longer to start than it is left alone, and nobody could open the sale.
 */
async function isWhole({ system }: Scene, whole: string): Promise<boolean> {
  if (rolesOf(processesOf(system)) !== whole) return false;
  const [isReady, hasOperator] = await Promise.all([
    answers(`${system.origin}/readyz`),
    answers(`${system.operatorOrigin}/healthz`),
  ]);
  return isReady && hasOperator;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

const rolesOf = (processes: readonly SystemProcess[]) =>
  processes
    .map(({ role }) => role)
    .sort()
    .join();

async function pauseUnless(isOver: () => boolean, ms: number): Promise<void> {
  const untilMs = performance.now() + ms;
  while (!isOver() && performance.now() < untilMs) await sleep(lookEveryMs);
}
