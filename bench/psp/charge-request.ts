/** What a charge asks for: the part of Stripe's parameters that the simulator acts upon. */
export interface ChargeParameters {
  /** Integer minor units. */
  amount: number;
  /** ISO 4217, upper-case. */
  currency: string;
  paymentMethod: string;
  /** `manual` sets the money aside until it is captured. */
  captureMethod: 'automatic' | 'manual';
  metadata: Record<string, string>;
}

export interface ParameterProblem {
  param: string;
  code: 'parameter_missing' | 'parameter_invalid' | 'body_invalid';
  message: string;
}

/**
 * Reads a body, form-encoded (as Stripe's SDKs send it: `metadata[reference]=…`) or JSON. Parameters that
 * the simulator does not know are ignored, because SDKs send many.
 */
export function readCharge(
  contentType: string,
  body: string,
): { kind: 'charge'; charge: ChargeParameters } | { kind: 'problem'; problem: ParameterProblem } {
  const fields = fieldsOf(contentType, body);
  if (!fields) return problem('', 'body_invalid', 'The body is neither a form nor a JSON object.');
  // A token that a browser made of a card goes by this name.
  fields.payment_method ??= fields['payment_method_data[card][token]'] ?? '';
  for (const param of ['amount', 'currency', 'payment_method'] as const) {
    if (!fields[param]) return problem(param, 'parameter_missing', `Missing required param: ${param}.`);
  }
  const amount = Number(fields.amount);
  if (!Number.isSafeInteger(amount) || amount < 1) {
    return problem('amount', 'parameter_invalid', 'amount takes a positive integer of minor units.');
  }
  const currency = String(fields.currency).toUpperCase();
  if (!/^[A-Z]{3}$/.test(currency)) {
    return problem('currency', 'parameter_invalid', 'currency takes a three-letter ISO code.');
  }
  if (fields.confirm !== 'true') {
    return problem(
      'confirm',
      'parameter_invalid',
      'confirm takes true: the simulator charges in one request.',
    );
  }
  return {
    kind: 'charge',
    charge: {
      amount,
      currency,
      paymentMethod: fields.payment_method as string,
      captureMethod: fields.capture_method === 'manual' ? 'manual' : 'automatic',
      metadata: metadataOf(fields),
    },
  };
}

/** True when both ask for the same; what Stripe compares before it answers a key again. */
export function isSameCharge(a: ChargeParameters, b: ChargeParameters): boolean {
  return (
    a.amount === b.amount &&
    a.currency === b.currency &&
    a.paymentMethod === b.paymentMethod &&
    a.captureMethod === b.captureMethod &&
    JSON.stringify(a.metadata) === JSON.stringify(b.metadata)
  );
}

export type Fields = Record<string, string>;

/** The members of a body, form-encoded or JSON; null where it is neither. */
export const fieldsOf = (contentType: string, body: string): Fields | null =>
  contentType.startsWith('application/json') ? fieldsOfJson(body) : fieldsOfForm(body);

function fieldsOfForm(body: string): Fields {
  return Object.fromEntries(new URLSearchParams(body));
}

/** Nested members get the names that they would have in a form. */
function fieldsOfJson(body: string): Fields | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const fields: Fields = {};
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'object' && member !== null) {
      for (const [inner, text] of Object.entries(member)) fields[`${name}[${inner}]`] = String(text);
    } else {
      fields[name] = String(member);
    }
  }
  return fields;
}

/** `metadata[…]` by their inner names, sorted. */
export function metadataOf(fields: Fields): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const name of Object.keys(fields).sort()) {
    if (name.startsWith('metadata[') && name.endsWith(']')) {
      metadata[name.slice('metadata['.length, -1)] = fields[name] as string;
    }
  }
  return metadata;
}

const problem = (param: string, code: ParameterProblem['code'], message: string) =>
  ({ kind: 'problem', problem: { param, code, message } }) as const;
