import { answerParent } from '../../measure/part.ts';
import { evalStore } from '../shop/eval-store.ts';
import { openFastifyShop } from '../shop/fastify-shop.ts';
import { till } from '../shop/till.ts';

/** Composition root of the opponent with one script a request, on Fastify. */
const store = await evalStore(process.env.REDIS_URL as string);
await openFastifyShop(store);
answerParent(till(store));
