import type {
  ChargeOutcome,
  ChargeRequest,
  FoundPayment,
  PaymentProvider,
  ProviderPayment,
} from '../../engine/contracts/ports.ts';
import {
  captureRefused,
  chargeRefused,
  findRefused,
  type ProviderError,
  type ProviderIntent,
  type ProviderRefundList,
  refundOutcomeOf,
  refundRefused,
  refundUntold,
  silence,
  standingOf,
  voidRefused,
} from './intent-outcome.ts';
import { outcomeOfAnswer, outcomeOfList, referenceOf } from './key-over.ts';
import type { AdapterOptions } from './options.ts';
import { type ProviderAnswer, providerConnection } from './provider-connection.ts';

/**
 * Stripe's payment intents over HTTP alone: a charge is one `POST /v1/payment_intents`. The payment's id
 * is the idempotency key, so a repeat is answered with what the first request did. Amounts go out in minor units of
 * ISO 4217, which Stripe itself does not always count in (stripe-amounts.ts).
 */
export function thinProvider(options: AdapterOptions): PaymentProvider {
  const { name } = options;
  const { origin, pathname } = new URL(options.url);
  const folder = pathname.endsWith('/') ? pathname : `${pathname}/`;
  const intentsPath = `${folder}v1/payment_intents`;
  const refundsPath = `${folder}v1/refunds`;
  const ask = providerConnection(origin, options);
  const authorization = options.apiKey ? { Authorization: `Bearer ${options.apiKey}` } : {};

  const post = (path: string, key: string, form: Record<string, string>): Promise<ProviderAnswer> => {
    const headers = { ...authorization, 'Idempotency-Key': key };
    return ask({ method: 'POST', path, headers, form: new URLSearchParams(form) });
  };
  const get = (path: string) => ask({ method: 'GET', path, headers: authorization });

  async function charge(request: ChargeRequest): Promise<ChargeOutcome> {
    const { paymentId, amount, paymentToken, reference } = request;
    let answer: ProviderAnswer;
    try {
      answer = await post(intentsPath, paymentId, {
        amount: String(amount.amount),
        currency: amount.currency.toLowerCase(),
        payment_method: paymentToken,
        confirm: 'true',
        ...(options.captureMethod === 'manual' ? { capture_method: 'manual' } : {}),
        'metadata[reference]': reference,
        'metadata[payment_id]': paymentId,
      });
    } catch (error) {
      return silence(error);
    }
    if (answer.status === 200 && isIntent(answer.body)) return outcomeOfAnswer(find, paymentId, answer.body);
    return isOver(answer) ? outcomeOfList(find, request, options.listLagMs) : chargeRefused(errorOf(answer));
  }

  async function find({ paymentId, providerReference }: ProviderPayment): Promise<FoundPayment> {
    try {
      let reference = providerReference;
      if (reference === null) {
        // Not by its key: the list has to know it longer than that. And its name alone: how it stands, the list may
        // not have heard yet.
        const query = new URLSearchParams({ query: `metadata['payment_id']:'${paymentId}'` });
        const list = await get(`${intentsPath}/search?${query}`);
        if (list.status !== 200) return findRefused(errorOf(list), null);
        const [listed] = (list.body as { data?: ProviderIntent[] } | null)?.data ?? [];
        if (!listed) return { kind: 'none' };
        reference = listed.id;
      }
      const answer = await get(intentPath(reference));
      return answer.status === 200 && isIntent(answer.body)
        ? standingOf(answer.body)
        : findRefused(errorOf(answer), providerReference);
    } catch (error) {
      return silence(error);
    }
  }

  const intentPath = (reference: string, action = '') =>
    `${intentsPath}/${encodeURIComponent(reference)}${action}`;

  return {
    name,
    charge,
    find,

    async capture(payment) {
      const reference = await referenceOf(find, payment);
      if (typeof reference !== 'string') return reference;
      try {
        const answer = await post(intentPath(reference, '/capture'), `${payment.paymentId}-capture`, {});
        return answer.status === 200 ? { kind: 'captured' } : captureRefused(errorOf(answer));
      } catch (error) {
        return silence(error);
      }
    },

    async void(payment) {
      const reference = await referenceOf(find, payment);
      if (typeof reference !== 'string') return reference;
      try {
        const answer = await post(intentPath(reference, '/cancel'), `${payment.paymentId}-void`, {});
        return answer.status === 200 ? { kind: 'voided' } : voidRefused(errorOf(answer));
      } catch (error) {
        return silence(error);
      }
    },

    async refund({ refundId, paymentId, providerReference, amount, reason }) {
      try {
        const answer = await post(refundsPath, refundId, {
          payment_intent: providerReference,
          amount: String(amount.amount),
          'metadata[payment_id]': paymentId,
          'metadata[refund_id]': refundId,
          'metadata[reason]': reason,
        });
        return isRefund(answer) ? refundOutcomeOf(answer.body) : refundRefused(errorOf(answer));
      } catch (error) {
        return silence(error);
      }
    },

    async findRefund({ refundId, providerReference, providerRefundReference }) {
      try {
        if (providerRefundReference !== null) {
          const answer = await get(`${refundsPath}/${encodeURIComponent(providerRefundReference)}`);
          return isRefund(answer) ? refundOutcomeOf(answer.body) : refundUntold(errorOf(answer));
        }
        let after: string | undefined;
        for (;;) {
          const page = new URLSearchParams({ payment_intent: providerReference, limit: '100' });
          if (after !== undefined) page.set('starting_after', after);
          const answer = await get(`${refundsPath}?${page}`);
          if (!isRefundList(answer)) return refundUntold(errorOf(answer));
          const { data, has_more: hasMore } = answer.body;
          const found = data.find(({ metadata }) => metadata?.refund_id === refundId);
          if (found) return refundOutcomeOf(found);
          after = data.at(-1)?.id;
          if (!hasMore || after === undefined) return { kind: 'none' };
        }
      } catch (error) {
        return silence(error);
      }
    },
  };
}

function isOver({ status, headers, body }: ProviderAnswer): boolean {
  if (status >= 500) return headers['idempotent-replayed'] === 'true';
  return (body as { error?: { type?: string } } | null)?.error?.type === 'idempotency_error';
}

function errorOf({ status, body }: ProviderAnswer): ProviderError {
  const error = (body as { error?: Record<string, unknown> } | null)?.error ?? {};
  const text = (name: string) => (typeof error[name] === 'string' ? (error[name] as string) : null);
  return {
    status,
    type: text('type'),
    code: text('code'),
    declineCode: text('decline_code'),
    intent: isIntent(error.payment_intent) ? error.payment_intent : null,
  };
}

const isRefund = (answer: ProviderAnswer): answer is ProviderAnswer & { body: { id: string } } =>
  answer.status === 200 && typeof (answer.body as { id?: unknown } | null)?.id === 'string';

const isRefundList = (answer: ProviderAnswer): answer is ProviderAnswer & { body: ProviderRefundList } =>
  answer.status === 200 && Array.isArray((answer.body as { data?: unknown } | null)?.data);

const isIntent = (body: unknown): body is ProviderIntent =>
  typeof (body as ProviderIntent | null)?.id === 'string' &&
  ((body as { object?: string }).object ?? 'payment_intent') === 'payment_intent';
