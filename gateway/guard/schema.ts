import type Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';

/** Null when the value fits, else `invalid_request` with the field at fault as a dotted path. */
export type SchemaCheck = (value: unknown) => Refusal | null;

/** Compiles a schema once. What a checked value holds is never repeated in a refusal: it may be a secret. */
export function schemaCheck(schema: Type.TSchema): SchemaCheck {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return null;
    // An unknown field is reported twice, once as a value that the schema `false` refuses: no sentence in that.
    const error = validator.Errors(value).find((candidate) => candidate.keyword !== 'boolean');
    return error ? refusalOf(error, value) : refuse('invalid_request');
  };
}

function refusalOf(error: TLocalizedValidationError, whole: unknown): Refusal {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (error.keyword === 'required') path.push(error.params.requiredProperties[0] ?? '');
  if (error.keyword === 'additionalProperties') path.push(error.params.additionalProperties[0] ?? '');
  const field = path.join('.').slice(0, 200);
  const subject = field === '' ? 'The request' : field;
  const value = path.reduce<unknown>((at, step) => (at as Record<string, unknown> | null)?.[step], whole);
  return refuse('invalid_request', {
    detail: `${subject} ${complaint(error, value)}.`,
    ...(field === '' ? {} : { field }),
  });
}

const characters = (count: number) => (count === 1 ? '1 character' : `${count} characters`);
const entries = (count: number) => (count === 1 ? '1 entry' : `${count} entries`);

function complaint(error: TLocalizedValidationError, value: unknown): string {
  switch (error.keyword) {
    case 'required':
      return 'is required';
    case 'additionalProperties':
      return 'is not a field of this request';
    case 'type':
      return `must be ${typeNames(error.params.type)}, not ${nameOfValue(value)}`;
    case 'minimum':
      return `must be at least ${error.params.limit}`;
    case 'maximum':
      return `must be at most ${error.params.limit}`;
    case 'minLength':
      return `must have at least ${characters(error.params.limit)}`;
    case 'maxLength':
      return `must have at most ${characters(error.params.limit)}`;
    case 'minItems':
      return `must have at least ${entries(error.params.limit)}`;
    case 'maxItems':
      return `must have at most ${entries(error.params.limit)}`;
    case 'enum':
      return `must be one of ${error.params.allowedValues.join(', ')}`;
    case 'const':
      return `must be ${JSON.stringify(error.params.allowedValue)}`;
    case 'pattern':
      return `must match ${String(error.params.pattern)}`;
    default:
      return error.message;
  }
}

const typeNames = (type: string | string[]): string =>
  [type]
    .flat()
    .map(
      (name) => ({ integer: 'a whole number', object: 'an object', array: 'an array' })[name] ?? `a ${name}`,
    )
    .join(' or ');

function nameOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'number' ? String(value) : `a ${typeof value}`;
}
