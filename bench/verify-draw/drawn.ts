import type { DrawDocument } from './documents.ts';

/** A draw whose sale has opened: everything about it is known. */
export type Drawn = {
  [Member in Exclude<keyof DrawDocument, 'beacon'>]: NonNullable<DrawDocument[Member]>;
} & {
  beacon: (NonNullable<DrawDocument['beacon']> & { value: string }) | null;
};

/** The draw when nothing of it is missing, else a sentence that says what is. */
export function asDrawn(draw: DrawDocument): Drawn | string {
  if (draw.algorithm !== 'feistel-1')
    return `algorithm is ${draw.algorithm}, which this command does not know`;
  const members = ['preEntrants', 'entrantsRoot', 'frozenAt', 'seed', 'drawSeed', 'openedAt'] as const;
  const missing: string[] = members.filter((member) => draw[member] === null);
  if (draw.beacon?.value === null) missing.push('beacon.value');
  return missing.length === 0 ? (draw as Drawn) : `not drawn yet: ${missing.join(', ')} not revealed`;
}
