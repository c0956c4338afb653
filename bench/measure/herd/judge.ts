/** What a herd was told. */
export interface HerdAnswers {
  units: number;
  buyers: number;
  /** Answers by status. */
  first: Record<string, number>;
  /** By status, the last ones of those who were told 503 at first and came again. */
  again: Record<string, number>;
}

/**
 * Why a herd was not served, or null. Everybody has to be decided in the end, and every unit to be held: a door
 * that turns all of them away has answered everybody, too.
 */
export function complaintAbout({ units, buyers, first, again }: HerdAnswers): string | null {
  // Who was told 503 may have been decided all the same: asking again then is answered 200.
  const held = (first[201] ?? 0) + (again[201] ?? 0) + (again[200] ?? 0);
  const standby = (first[202] ?? 0) + (again[202] ?? 0);
  if (held === units && held + standby === buyers) return null;
  return (
    `${units} units and ${buyers} buyers: the answers were ${JSON.stringify(first)}, ` +
    `and ${JSON.stringify(again)} to those who came again`
  );
}
