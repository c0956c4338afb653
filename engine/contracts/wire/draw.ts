import Type from 'typebox';
import { Name, nullable, reply, Timestamp } from './common.ts';
import { Beacon } from './sales.ts';

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** All that a stranger needs to check a draw; what is not revealed yet is null. */
export const Draw = reply({
  saleId: Name,
  seedCommitment: Hash,
  seed: nullable(Hash),
  beacon: nullable(Beacon),
  preEntrants: nullable(Type.Integer({ description: 'indices below it took part' })),
  entrantsRoot: nullable(Hash),
  drawSeed: nullable(Hash),
  algorithm: Type.Literal('feistel-1'),
  frozenAt: nullable(Timestamp),
  openedAt: nullable(Timestamp),
});
export type Draw = Type.Static<typeof Draw>;
