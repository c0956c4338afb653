/**
 * Every place of the saga where a process may die, in the order of a payment: what was done before it is
 * durable or repeatable, and whoever comes next goes on from there. Drills kill a process at each of them.
 */
export const crashPoints = [
  'pay:before-pin',
  'pay:pinned',
  'pay:begun',
  'pay:woken',
  'charge:claimed',
  'charge:answered',
  'capture:authorized',
  'capture:answered',
  'action:awaited',
  'action:answered',
  'settle:captured',
  'settle:declined',
  'hold:confirmed',
  'hold:returned',
  'buyer:told',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** Called when a payment passes a point. */
export type AtCrashPoint = (point: CrashPoint) => void;

/** Nothing happens there. */
export const passBy: AtCrashPoint = () => {};

/**
 * What a drill asks for: `CRASH_POINT=<point>` or `<point>:<nth time>`, and `DRILL=on`, without which it is
 * refused: nobody's shop dies of a setting that was left behind. `die` ends the process at once.
 * Throws a `RangeError` that says what is wrong.
 */
export function crashPointOf(
  env: Readonly<Record<string, string | undefined>>,
  die: (point: CrashPoint) => void,
): AtCrashPoint {
  const asked = env.CRASH_POINT;
  if (asked === undefined || asked === '') return passBy;
  if (env.DRILL !== 'on') throw new RangeError('CRASH_POINT: is for drills alone, and DRILL is not on');
  const [, name, nth = '1'] = /^([a-z]+:[a-z-]+)(?::(\d+))?$/.exec(asked) ?? [];
  const point = crashPoints.find((known) => known === name);
  if (!point) throw new RangeError(`CRASH_POINT: "${asked}" is none of ${crashPoints.join(', ')}`);
  let left = Number(nth);
  return (passed) => {
    if (passed !== point) return;
    left -= 1;
    if (left === 0) die(point);
  };
}
