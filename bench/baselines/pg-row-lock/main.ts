import { answerParent } from '../../measure/part.ts';
import { openFastifyShop } from '../shop/fastify-shop.ts';
import { till } from '../shop/till.ts';
import { pgRowLock } from './store.ts';

/** Composition root of the opponent with a row lock in Postgres. */
const store = await pgRowLock(process.env.DATABASE_URL as string);
await openFastifyShop(store);
answerParent(till(store));
