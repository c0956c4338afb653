import Type from 'typebox';
import { Money, Name, reply, request, unitsMax } from './common.ts';

const units = Type.Integer({ minimum: 0, maximum: unitsMax, description: 'what is there and not sold' });

export const PutStock = request({
  title: Type.String({ minLength: 1, maxLength: 200 }),
  price: Money,
  units,
});
export type PutStock = Type.Static<typeof PutStock>;

export const StockItem = reply({
  sku: Name,
  title: Type.String(),
  price: Money,
  units,
  available: Type.Integer(),
  held: Type.Integer({ description: 'held, and being paid' }),
});
export type StockItem = Type.Static<typeof StockItem>;
