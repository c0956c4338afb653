import { answerParent } from '../../measure/part.ts';
import { openFastifyShop } from '../shop/fastify-shop.ts';
import { till } from '../shop/till.ts';
import { redisLock } from './store.ts';

/** Composition root of the opponent with a lock for each SKU in Redis. */
const store = await redisLock(process.env.REDIS_URL as string);
await openFastifyShop(store);
answerParent(till(store));
