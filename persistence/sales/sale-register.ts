import type { SaleRegister } from '../../engine/contracts/ports.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

const findNumberedSale = statement<{ id: string }>('find-numbered-sale');
const liveSaleIds = statement<{ id: string }>('live-sale-ids');
const seekSale = statement<{ id: string }>('seek-sale');

/** Sales as their rows have them; the plans of `on` go through keys. */
export function saleRegisterOn(on: Postgres): SaleRegister {
  return {
    async idOf(saleNumber) {
      const [row] = await findNumberedSale(on, [saleNumber]);
      return row?.id ?? null;
    },
    async seek(saleId) {
      return (await seekSale(on, [saleId])).length > 0;
    },
    async liveIds() {
      return (await liveSaleIds(on, [])).map(({ id }) => id);
    },
  };
}
