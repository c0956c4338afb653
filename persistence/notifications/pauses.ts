const minuteMs = 60_000;

/** How long after an attempt that failed the next one is made; after the last one, about a day later, none. */
export const pausesMs = [
  5_000,
  30_000,
  2 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  60 * minuteMs,
  120 * minuteMs,
  240 * minuteMs,
  480 * minuteMs,
  480 * minuteMs,
];
