let waiting: (() => void)[] = [];

/**
 * The answer in the next turn of the event loop, to everybody who asked by then: the way answers of Redis
 * arrive, for stand-ins that ask nobody.
 *
 * Answered each in its own turn, the same door costs half as much again (155 to 169 µs of CPU a request
 * against 111 to 126, three rounds on a busy machine): that would flatter whoever answers in batches.
 */
export function inBursts<Answer>(answer: () => Answer): Promise<Answer> {
  return new Promise((resolve) => {
    if (waiting.length === 0) {
      setImmediate(() => {
        const all = waiting;
        waiting = [];
        for (const one of all) one();
      });
    }
    waiting.push(() => resolve(answer()));
  });
}
