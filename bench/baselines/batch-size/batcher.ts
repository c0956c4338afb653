import { perSale as ours } from '../../../engine/redis/batcher.ts';

export { Batcher, Overloaded } from '../../../engine/redis/batcher.ts';

const sizeMax = Number(process.env.BATCH_SIZE_MAX);

/** The same batcher with another upper size: what the choice of that size is measured with. */
export const perSale: typeof ours = (options) => ours({ ...options, sizeMax });
