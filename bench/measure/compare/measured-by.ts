import type { Rounds } from '../scoreboard.ts';

/** What a run measured, by name: the rounds of each side, of each quotient of two sides, and of each figure. */
export function measuredBy(rounds: readonly Rounds[]): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  const add = (name: string, values: readonly number[]) => {
    // A side stands against several others, with the same rounds each time; other rounds are another thing.
    for (let number = 1; ; number++) {
      const numbered = number === 1 ? name : `${name} (${number})`;
      const known = found.get(numbered);
      if (known === undefined) found.set(numbered, values);
      if (known === undefined || String(known) === String(values)) return;
    }
  };
  for (const { scenario, name, unit, subject, opponent } of rounds) {
    const of = (what: string) => `${scenario}: ${what}`;
    const suffix = unit === '' ? '' : `, ${unit}`;
    if (opponent === undefined) add(of(`${name}${suffix}`), subject);
    else {
      const [ours, theirs] = name.split(' / ') as [string, string];
      add(of(`${ours}${suffix}`), subject);
      add(of(`${theirs}${suffix}`), opponent);
      const quotients = subject.map((value, round) => value / (opponent[round] as number));
      add(of(`${name}, ratio of ${unit}`), quotients);
    }
  }
  return found;
}
