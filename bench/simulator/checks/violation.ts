/** Something that was promised and did not hold. */
export class Violation extends Error {
  override name = 'Violation';
  /** Names the promise; what is found again while a schedule is shortened. */
  readonly rule: string;

  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}
