import { answerParent } from '../../measure/part.ts';
import { evalStore } from '../shop/eval-store.ts';
import { openNodeHttpShop } from '../shop/node-http-shop.ts';
import { till } from '../shop/till.ts';

/** Composition root of the opponent with one script a request, on node:http. */
const store = await evalStore(process.env.REDIS_URL as string);
await openNodeHttpShop(store);
answerParent(till(store));
