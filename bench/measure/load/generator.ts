import { autocannonIn } from './autocannon/autocannon.ts';
import type { Generator } from './load.ts';
import { runWrk } from './wrk.ts';

/** The generator of that name. `directory` is for its files. */
export const generatorOf = (name: 'wrk' | 'autocannon', directory: string): Generator =>
  name === 'wrk' ? runWrk : autocannonIn(directory);
