/**
 * Resolves after about that time. Node keeps one list for each distinct duration and a heap of lists:
 * rounded to a grid, tens of thousands of waiting buyers cost a few dozen lists.
 */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, onGrid(ms)));

/** Calls back after about that time, and can be called off. */
export const after = (ms: number, call: () => void): NodeJS.Timeout => setTimeout(call, onGrid(ms));

const gridMs = 50;
const onGrid = (ms: number) => Math.ceil(ms / gridMs) * gridMs;
