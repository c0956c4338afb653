/**
 * What is there already, or comes later. Where most is there at once, waiting for all of it would cost each
 * request turns of the microtask queue (docs/adr/0014).
 */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value: now where it is there, else once it is. */
export const andThen = <T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> =>
  value instanceof Promise ? value.then(next) : next(value);
