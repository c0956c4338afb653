/** Options that some scenarios read and others do not. */
export const flags = [
  'rounds',
  'duration',
  'connections',
  'generator',
  'rate',
  'watchers',
  'buyers',
  'large',
  'profile',
] as const;

export type Flag = (typeof flags)[number];

/** What is known of a scenario before it runs. */
export interface ScenarioFacts {
  /** What it measures, on a line. */
  about: string;
  /** What of the command line it reads; any other flag would change nothing. */
  reads: readonly Flag[];
  /** True where it needs nothing but the public and the operator's API. */
  isRemote?: true;
  /** True where it pays with a test card: nothing that may be done to a real provider. */
  pays?: true;
  /** Part of a run that names no scenario. */
  isDefault?: true;
  /** What its figures stand under besides its own name. */
  alsoPosts?: readonly string[];
  /** How many take turns in a round, where that is more than a few. */
  sides?: number;
  /** Fewer of them show nothing. */
  watchersMin?: number;
}

/** By the name that `--scenario` takes. */
export type Catalogue = Readonly<Record<string, ScenarioFacts>>;

/** The names of those of which `is` holds. */
export const namesOf = (catalogue: Catalogue, is: (facts: ScenarioFacts) => boolean = () => true): string[] =>
  Object.entries(catalogue).flatMap(([name, facts]) => (is(facts) ? [name] : []));

/** What figures of that scenario stand under. */
export const postsOf = (catalogue: Catalogue, name: string): string[] => [
  name,
  ...(catalogue[name]?.alsoPosts ?? []),
];
