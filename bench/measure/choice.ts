import { longestRunMs } from '../load/tokens.ts';
import { type Catalogue, type Flag, namesOf, postsOf, type ScenarioFacts } from './catalogue.ts';
import type { Threshold } from './threshold.ts';

/** What was asked for, as far as it decides which scenarios make sense. */
export interface Choice {
  /** Null where none was named. */
  named: readonly string[] | null;
  /** Those that were given, not those that have a default. */
  flags: readonly Flag[];
  watchers: number;
  rounds: number;
  seconds: number;
  thresholds: readonly Threshold[];
  /** Another system is measured; what it is paid with is play money, or may not be. */
  against: { isProviderSimulated: boolean } | null;
}

/** What is measured: what was named, or what is usual and possible. */
export function scenariosOf({ named, against }: Choice, catalogue: Catalogue): string[] {
  if (named) return [...named];
  return namesOf(catalogue, (facts) => facts.isDefault === true && isPossible(facts, against));
}

/** Why that makes no sense, or null: said before anything is started. */
export function complaintAbout(choice: Choice, catalogue: Catalogue): string | null {
  const scenarios = scenariosOf(choice, catalogue);
  return (
    impossible(scenarios, choice, catalogue) ??
    tooFewWatchers(scenarios, choice, catalogue) ??
    tooLong(scenarios, choice, catalogue) ??
    unknownThreshold(scenarios, choice, catalogue)
  );
}

/** A line for each flag that changes nothing in this run: no reason to refuse it, but one to say so. */
export function unreadFlags(choice: Choice, catalogue: Catalogue): string[] {
  const scenarios = scenariosOf(choice, catalogue);
  return choice.flags
    .filter((flag) => !scenarios.some((name) => catalogue[name]?.reads.includes(flag)))
    .map((flag) => {
      const readers = namesOf(catalogue, ({ reads }) => reads.includes(flag)).join(', ');
      return `--${flag} is not read by ${scenarios.join(', ')}; it is by ${readers}`;
    });
}

function isPossible(facts: ScenarioFacts | undefined, against: Choice['against']): boolean {
  return (
    against === null || (facts?.isRemote === true && (facts.pays !== true || against.isProviderSimulated))
  );
}

function impossible(scenarios: string[], { against }: Choice, catalogue: Catalogue): string | null {
  const refused = scenarios.filter((name) => !isPossible(catalogue[name], against));
  if (refused.length === 0) return null;
  const inside = refused.filter((name) => !catalogue[name]?.isRemote);
  const possible = namesOf(catalogue, (facts) => isPossible(facts, against)).join(', ');
  return inside.length > 0
    ? `${inside.join(', ')}: looks inside the system; against another one there are ${possible}`
    : `${refused.join(', ')}: pays with a test card, so it takes --provider-is-simulated; without it there are ${possible}`;
}

function tooFewWatchers(scenarios: string[], { watchers }: Choice, catalogue: Catalogue): string | null {
  for (const name of scenarios) {
    const { watchersMin = 0 } = catalogue[name] ?? {};
    if (watchers < watchersMin) return `--watchers ${watchers}: ${name} takes ${watchersMin} or more`;
  }
  return null;
}

/** Of a scenario that says nothing else: ours, and those it is compared with. */
const usualSides = 4;

/** Buyers would be turned away in the middle of it, and holds would lapse. */
function tooLong(scenarios: string[], { rounds, seconds }: Choice, catalogue: Catalogue): string | null {
  for (const name of scenarios) {
    const { reads, sides = usualSides } = catalogue[name] as ScenarioFacts;
    if (!reads.includes('duration')) continue;
    const hours = ((rounds + 1) * seconds * sides) / 3_600;
    const hoursMax = longestRunMs / 3_600_000;
    if (hours > hoursMax) {
      return `${name} would take ${hours.toFixed(1)} h with ${rounds} rounds of ${seconds} s, and its tokens and holds last ${hoursMax}`;
    }
  }
  return null;
}

function unknownThreshold(scenarios: string[], { thresholds }: Choice, catalogue: Catalogue): string | null {
  const posted = scenarios.flatMap((name) => postsOf(catalogue, name));
  const all = namesOf(catalogue).flatMap((name) => postsOf(catalogue, name));
  for (const { text, scenario } of thresholds) {
    if (posted.includes(scenario)) continue;
    const why = all.includes(scenario) ? 'is not measured in this run' : 'is no scenario';
    return `--threshold ${text}: "${scenario}" ${why} (${posted.join(', ')})`;
  }
  return null;
}
