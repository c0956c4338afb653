import Type from 'typebox';
import { Value } from 'typebox/value';

const port = (fallback: number) => Type.Integer({ minimum: 1, maximum: 65_535, default: fallback });
const count = (fallback: number, maximum: number) => Type.Integer({ minimum: 1, maximum, default: fallback });
const secret = (description: string) => Type.Optional(Type.String({ minLength: 32, description }));
/** What a switch may be set to; it is read as its first spelling of either kind. */
const spellings: Readonly<Record<string, 'on' | 'off'>> = {
  ...{ on: 'on', true: 'on', yes: 'on', 1: 'on' },
  ...{ off: 'off', false: 'off', no: 'off', 0: 'off' },
};
const onOff = (description: string) =>
  Type.Optional(
    Type.Enum(['on', 'off'], {
      description,
      isSwitch: true,
      expects: 'on or off (or true, yes, 1; false, no, 0)',
    }),
  );
const webUrl = { pattern: '^https?://', expects: 'a URL that begins with http:// or https://' };

/** The settings of one provider. Its name is what `paymentTokens` and the address of its webhooks call it. */
const providerSettings = <N extends 'PROVIDER' | 'SECOND_PROVIDER'>(
  prefix: N,
  description: string,
  name: string,
) =>
  ({
    [`${prefix}_URL`]: Type.Optional(Type.String({ ...webUrl, description })),
    [`${prefix}_NAME`]: Type.String({
      pattern: '^[a-z0-9-]{1,32}$',
      expects: '1 to 32 of a-z, 0-9 and -',
      default: name,
      description: 'what paymentTokens, webhooks and the ledger call it',
    }),
    [`${prefix}_KIND`]: Type.Enum(['thin', 'stripe'], {
      default: 'thin',
      description: "stripe: through Stripe's SDK; thin: the same HTTP without it",
    }),
    [`${prefix}_API_KEY`]: Type.Optional(
      Type.String({ minLength: 1, description: 'the key that it knows this shop by' }),
    ),
    [`${prefix}_WEBHOOK_SECRET`]: Type.Optional(
      Type.String({
        minLength: 16,
        description: 'what it signs its webhooks with; without it none are taken',
      }),
    ),
  }) as unknown as ProviderSettings<N>;

type ProviderSettings<N extends string> = {
  [K in `${N}_URL` | `${N}_API_KEY` | `${N}_WEBHOOK_SECRET`]: Type.TOptional<Type.TString>;
} & { [K in `${N}_NAME`]: Type.TString } & { [K in `${N}_KIND`]: Type.TEnum<['thin', 'stripe']> };

/**
 * Every setting, read from the environment variable of the same name. The schema is the only place that
 * knows a name, a default, a limit and the line that `npm start -- --help` prints.
 */
export const SettingsSchema = Type.Object({
  PORT: Type.Integer({ ...port(3000), description: 'public HTTP and WebSocket port' }),
  HOST: Type.String({
    default: '0.0.0.0',
    minLength: 1,
    description: 'address the public port listens on; 127.0.0.1 in embedded mode',
  }),
  OPERATOR_PORT: Type.Integer({ ...port(3001), description: "operator's API and metrics" }),
  OPERATOR_HOST: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    description: "address the operator's port listens on",
  }),
  DATA_DIR: Type.String({
    default: '.doorbuster',
    minLength: 1,
    description: 'data of the embedded Redis and Postgres, and of the simulated payment provider',
  }),
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: '^rediss?://',
      expects: 'a URL that begins with redis:// or rediss://',
      description: 'use this Redis instead of the embedded one',
    }),
  ),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      expects: 'a URL that begins with postgres:// or postgresql://',
      description: 'use this Postgres instead of the embedded one',
    }),
  ),
  AUTH_SECRET: secret("key of the buyers' HS256 tokens, at least 32 characters"),
  AUTH_JWKS_URL: Type.Optional(
    Type.String({
      ...webUrl,
      description: "public keys of the buyers' tokens, instead of AUTH_SECRET",
    }),
  ),
  AUTH_ISSUER: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'the iss claim that logins must have; required with AUTH_JWKS_URL',
    }),
  ),
  AUTH_AUDIENCE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'the aud claim that logins must have, or one of several; required with AUTH_JWKS_URL',
    }),
  ),
  TOKEN_SECRET: secret('key of our own tickets and purchase tokens, at least 32 characters'),
  DEV_TOKENS: onOff('POST /api/v1/auth/dev-token: on in embedded mode, else off'),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description: 'comma-separated addresses whose X-Forwarded-For is believed',
  }),
  GATEWAYS: Type.Integer({ ...count(1, 64), description: 'gateway processes; they share PORT' }),
  WORKERS: Type.Integer({ ...count(1, 64), description: 'worker processes' }),
  ...providerSettings('PROVIDER', 'payment provider; without it the simulator is started', 'primary'),
  ...providerSettings(
    'SECOND_PROVIDER',
    'takes over where the first one was not asked, or refused',
    'second',
  ),
  RATES_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'JSON table of shipping prices and tax rates by place; without it there are none',
    }),
  ),
  CALCULATORS_MODULE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'module whose shipping() and tax() work them out instead of the table',
    }),
  ),
  RETURN_WINDOW_DAYS: Type.Integer({
    minimum: 0,
    maximum: 3_650,
    default: 30,
    description: 'how long after its delivery an order may be returned',
  }),
  PROVIDER_CAPTURE: Type.Enum(['automatic', 'manual'], {
    default: 'automatic',
    description: 'manual: authorize first, and capture as a step of its own',
  }),
  PROVIDER_RETURN_URL: Type.Optional(
    Type.String({ ...webUrl, description: 'where a bank sends buyers back to after 3-D Secure' }),
  ),
  PROVIDER_TIMEOUT_MS: Type.Integer({
    ...count(5_000, 60_000),
    description: "how long a provider's answer is waited for",
  }),
  WEBHOOK_PRIVATE_ADDRESSES: onOff(
    'webhooks may go to private networks and this machine: on in embedded mode, else off',
  ),
  SMTP_URL: Type.Optional(
    Type.String({
      pattern: '^smtps?://',
      expects: 'a URL that begins with smtp:// or smtps://',
      description:
        'where mails to buyers go; without it they are kept in DATA_DIR/mail in embedded mode, else none',
    }),
  ),
  MAIL_FROM: Type.Optional(
    Type.String({
      pattern: '^(?:[^<>@\\p{Cc}]*<[^\\s<>@,]+@[^\\s<>@,]+>|[^\\s<>@,]+@[^\\s<>@,]+)$',
      maxLength: 200,
      expects: 'an address, or a name and an <address>',
      description: 'required with SMTP_URL: who mails are from',
    }),
  ),
  MAIL_ORDER_URL: Type.Optional(
    Type.String({
      ...webUrl,
      description: 'link of mails to an order, with {orderId} for its id; without it mails have none',
    }),
  ),
  RATE_BUYER_PER_SECOND: Type.Integer({
    ...count(5, 1_000_000),
    description: 'requests a second a buyer may make',
  }),
  RATE_BUYER_BURST: Type.Integer({
    ...count(20, 1_000_000),
    description: 'requests a buyer may make at once',
  }),
  RATE_ADDRESS_PER_SECOND: Type.Integer({
    ...count(50, 1_000_000),
    description: 'requests a second an address may make',
  }),
  RATE_ADDRESS_BURST: Type.Integer({
    ...count(200, 1_000_000),
    description: 'requests an address may make at once',
  }),
  SOCKETS_PER_ADDRESS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description:
        'sockets an address may have open at one gateway; ten for each request it may make at once unless given',
    }),
  ),
  RATE_EXEMPT_LOOPBACK: onOff('loopback addresses have no limit per address: on in embedded mode, else off'),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'how much is logged',
  }),
});

export type Settings = Type.Static<typeof SettingsSchema>;
export type SettingName = keyof Settings;

/** True while at least one store is ours: its secrets are then made and kept in DATA_DIR. */
export const isEmbedded = (settings: Settings): boolean => !settings.REDIS_URL || !settings.DATABASE_URL;

/**
 * Settings from environment variables. Empty strings count as absent.
 * Returns every problem at once, each a line that names the variable, what it holds and what it takes.
 * Secrets are never repeated in a problem.
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
): { kind: 'settings'; settings: Settings } | { kind: 'invalid'; problems: string[] } {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(SettingsSchema.properties)) {
    const text = env[name];
    if (text === undefined || text === '') {
      if ('default' in schema) values[name] = schema.default;
    } else {
      values[name] = readAs(schema, text);
    }
  }
  const problems: string[] = [];
  for (const [name, schema] of Object.entries(SettingsSchema.properties)) {
    const value = values[name];
    if (value === undefined) continue;
    const isReadable = !name.endsWith('_URL') || URL.canParse(String(value));
    if (isReadable && Value.Check(schema, value)) continue;
    const shown = /SECRET|URL|KEY/.test(name) ? '' : `, not "${String(value)}"`;
    problems.push(`${name}: must be ${expectation(schema)}${shown}`);
  }
  const settings = values as Settings;
  // The embedded mode hands out tokens to whoever asks, so it is for this machine unless HOST says otherwise.
  if (!env.HOST && isEmbedded(settings)) settings.HOST = '127.0.0.1';
  if (problems.length === 0 && settings.PORT === settings.OPERATOR_PORT) {
    problems.push('OPERATOR_PORT: must differ from PORT');
  }
  for (const prefix of ['PROVIDER', 'SECOND_PROVIDER'] as const) {
    if (settings[`${prefix}_KIND`] === 'stripe' && !settings[`${prefix}_API_KEY`]) {
      problems.push(`${prefix}_API_KEY: is required with ${prefix}_KIND=stripe`);
    }
  }
  if (settings.SMTP_URL && !settings.MAIL_FROM) problems.push('MAIL_FROM: is required with SMTP_URL');
  if (settings.SECOND_PROVIDER_URL && settings.PROVIDER_NAME === settings.SECOND_PROVIDER_NAME) {
    problems.push('SECOND_PROVIDER_NAME: must differ from PROVIDER_NAME');
  }
  if (settings.AUTH_JWKS_URL) {
    for (const name of ['AUTH_ISSUER', 'AUTH_AUDIENCE'] as const) {
      if (!settings[name]) problems.push(`${name}: is required with AUTH_JWKS_URL`);
    }
  }
  if (problems.length === 0 && !isEmbedded(settings)) {
    if (!settings.AUTH_SECRET && !settings.AUTH_JWKS_URL) {
      problems.push('AUTH_SECRET: is required with REDIS_URL and DATABASE_URL (or set AUTH_JWKS_URL)');
    }
    if (!settings.TOKEN_SECRET) problems.push('TOKEN_SECRET: is required with REDIS_URL and DATABASE_URL');
  }
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'settings', settings };
}

/** A text as the value that the schema takes, or as it is where that takes none such. */
function readAs(schema: object, text: string): string | number {
  if ('type' in schema && schema.type === 'integer') return /^-?\d+$/.test(text) ? Number(text) : text;
  return 'isSwitch' in schema ? (spellings[text.toLowerCase()] ?? text) : text;
}

/** What a setting takes, as the rest of "must be …". */
function expectation(schema: object): string {
  if ('expects' in schema) return String(schema.expects);
  if ('enum' in schema) return `one of ${(schema.enum as string[]).join(', ')}`;
  if ('minimum' in schema && 'maximum' in schema) {
    return `an integer from ${schema.minimum} to ${schema.maximum}`;
  }
  return 'minLength' in schema ? `at least ${schema.minLength} characters long` : 'text';
}
