import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { SaleEventType } from '../../engine/contracts/events.ts';
import type { SaleState } from '../../engine/contracts/states.ts';
import { StaleEpoch } from '../../engine/index.ts';
import type { SaleCommand } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { onSlowFloor } from './floor.ts';

interface Meaning {
  from: readonly SaleState[];
  to: SaleState;
  event: SaleEventType;
}

/** As `lua/sale/command-3.lua` has it. */
const meanings: Readonly<Record<SaleCommand, Meaning>> = {
  open: { from: ['scheduled', 'waiting'], to: 'open', event: 'sale.opened' },
  pause: { from: ['open'], to: 'paused', event: 'sale.paused' },
  resume: { from: ['paused'], to: 'open', event: 'sale.resumed' },
  close: { from: ['scheduled', 'waiting', 'open', 'paused'], to: 'closed', event: 'sale.closed' },
};

/**
 * Opens, pauses, resumes or closes a sale that sells slowly. Null where it does not. A repeat changes nothing.
 * Refusals: `invalid_transition`.
 */
export async function commandSlowly(
  pool: PostgresPool,
  log: Log,
  saleId: string,
  command: SaleCommand,
): Promise<{ kind: 'done'; state: SaleState } | Refusal | null> {
  const { from, to, event } = meanings[command];
  try {
    return await onSlowFloor(pool, log, saleId, async ({ sale, emit }) => {
      if (from.includes(sale.state)) emit(event);
      else if (sale.state !== to) {
        return refuse('invalid_transition', {
          detail: `The sale is ${sale.state}: ${command} is not possible.`,
          members: { state: sale.state },
        });
      }
      return { kind: 'done', state: to } as const;
    });
  } catch (error) {
    if (error instanceof StaleEpoch) return null;
    throw error;
  }
}
