import Type from 'typebox';

/** A request object: what it does not name is an error, so a misspelt option is never ignored. */
export const request = <P extends Type.TProperties>(properties: P, options: Type.TObjectOptions = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** The body of a request that says all by its address: none, or an empty object. */
export const Nothing = request({});

/** A reply object: clients ignore members that they do not know. */
export const reply = <P extends Type.TProperties>(properties: P, options: Type.TObjectOptions = {}) =>
  Type.Object(properties, options);

export const nullable = <T extends Type.TSchema>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

export const namePattern = '^[a-z0-9-]{1,64}$';

/** Named by the operator: sales and SKUs. */
export const Name = Type.String({
  pattern: namePattern,
  description: 'lower-case letters, digits, dashes',
});

/** A sale, or general stock, which is looked into like one. */
export const SaleOrStock = Type.String({
  pattern: '^([a-z0-9-]{1,64}|_general)$',
  description: 'the name of the sale; `_general` is general stock',
});

/** ISO 8601 UTC with milliseconds. */
export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
  examples: ['2026-11-27T12:00:00.000Z'],
});

/** A moment in a request: any ISO 8601 with an offset; replies always carry UTC milliseconds. */
export const Moment = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})$',
  examples: ['2026-11-27T12:00:00Z'],
});

/** More units than this of anything are a typing error. */
export const unitsMax = 100_000_000;

/** More units than this in one line are a typing error, whatever the sale's limit is. */
export const quantityMax = 1_000_000;

export const Quantity = Type.Integer({ minimum: 1, maximum: quantityMax });

export const Money = Type.Object(
  {
    amount: Type.Integer({ minimum: 0, maximum: 1_000_000_000_000, description: 'integer minor units' }),
    currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' }),
  },
  { additionalProperties: false },
);

export const Item = request({ sku: Name, quantity: Quantity });

export const Problem = reply({
  type: Type.String({ pattern: '^urn:doorbuster:error:[a-z_]+$' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  retryable: Type.Boolean(),
  requestId: Type.String(),
  field: Type.Optional(Type.String({ description: 'dotted path of the member at fault' })),
});
