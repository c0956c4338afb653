import { answerParent } from '../../measure/part.ts';
import { openFastifyShop } from '../shop/fastify-shop.ts';
import { till } from '../shop/till.ts';
import { watchMulti } from './store.ts';

/** Composition root of the opponent with WATCH and MULTI. */
const store = await watchMulti(process.env.REDIS_URL as string);
await openFastifyShop(store);
answerParent(till(store));
