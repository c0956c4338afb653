import type { SaleCommand, Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

const unheardCommands = statement<{ id: string; command: SaleCommand }>('unheard-commands');

/** Says the operator's decisions to Redis again that it has not followed for `ageMs`. Returns how many. */
export async function repeatUnheardCommands(
  on: Postgres,
  settlement: Pick<Settlement, 'command'>,
  log: Log,
  ageMs: number,
): Promise<number> {
  const unheard = await unheardCommands(on, [ageMs]);
  for (const { id, command } of unheard) {
    const outcome = await settlement.command(id, command);
    log.warn({ saleId: id, command, outcome: outcome.kind }, 'a command is said again');
  }
  return unheard.length;
}
