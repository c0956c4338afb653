import type { SaleRegister } from '../../engine/contracts/ports.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

const seekSale = statement<{ id: string }>('seek-sale');

/** Sales as their rows have them; the plans of `on` go through keys. */
export function saleRegisterOn(on: Postgres): SaleRegister {
  return {
    async seek({ id = null, number = null }) {
      const [row] = await seekSale(on, [id, number]);
      return row?.id ?? null;
    },
  };
}
