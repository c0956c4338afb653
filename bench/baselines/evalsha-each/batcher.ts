import type { perSale as batchingPerSale } from '../../../engine/redis/batcher.ts';

export { Batcher, Overloaded } from '../../../engine/redis/batcher.ts';

/**
 * One EVALSHA a request, sent as it comes, with no limit to how many are under way: the way most teams
 * call a script. Same script, same arguments, same reply; what is missing is the batch. It also does not ask
 * again after an unknown outcome, which is less work than ours, not more.
 */
export const perSale: typeof batchingPerSale = ({ run }) => {
  return async (request) => {
    const [answer] = await run(request.saleId, [request]);
    if (answer instanceof Error) throw answer;
    return answer as Exclude<typeof answer, Error | undefined>;
  };
};
