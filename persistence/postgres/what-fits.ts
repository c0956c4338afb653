import { isAway } from './errors.ts';

/**
 * Commits what fits of a group: `commit` writes answers as it finds them; when it throws, the elements
 * without one are halved until the element at fault stands `alone`. One bad element of n costs about
 * 2·log₂(n) commits more, and none of its neighbours. While Postgres is away nothing fits: the error is
 * everybody's answer.
 */
export async function commitWhatFits<T, R>(
  group: readonly T[],
  answers: Map<T, R | Error>,
  commit: (part: readonly T[], answers: Map<T, R | Error>) => Promise<void>,
  alone: (item: T, error: unknown) => Promise<R | Error>,
): Promise<void> {
  try {
    await commit(group, answers);
  } catch (error) {
    const open = group.filter((item) => !answers.has(item));
    if (isAway(error)) {
      for (const item of open) answers.set(item, error as Error);
    } else if (open.length > 1) {
      const half = open.length >> 1;
      await commitWhatFits(open.slice(0, half), answers, commit, alone);
      await commitWhatFits(open.slice(half), answers, commit, alone);
    } else {
      for (const item of open) answers.set(item, await alone(item, error).catch((failure: Error) => failure));
    }
  }
}
