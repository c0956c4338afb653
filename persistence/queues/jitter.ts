/** A factor from 0.8 to 1.2, by chance: what failed together does not come back together. */
export const jitter = (): number => 0.8 + Math.random() * 0.4;

/** A fifth more or less. */
export const jittered = (ms: number): number => Math.round(ms * jitter());
