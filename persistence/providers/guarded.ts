import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  circuitBreaker,
  handleWhenResult,
  SamplingBreaker,
} from 'cockatiel';
import type { PaymentProvider, ProviderUnavailable } from '../../engine/contracts/ports.ts';
import type { WatchedProvider } from './choice.ts';

export interface GuardOptions {
  /** Requests on their way at once; what is more waits its turn. */
  atOnceMax: number;
  /** How long an answer is waited for. */
  timeoutMs: number;
  /** How long an open breaker asks nobody. */
  halfOpenAfterMs: number;
  /** Whether a capture is a request of its own. */
  captureMethod: 'automatic' | 'manual';
}

/**
 * A provider behind a bulkhead and a breaker. One card that cannot be charged, one refund that is not known, or a
 * failure of long ago that is repeated, says nothing about the next; a provider that does not answer does. While the
 * breaker is open nothing is sent: *unavailable*. So is what waited for its turn for so long that its answer might come
 * after its time: another may be asking for the same by then. That says nothing about the provider.
 */
export function guarded(provider: PaymentProvider, options: GuardOptions): WatchedProvider {
  const breaker = circuitBreaker(
    handleWhenResult((outcome) => {
      const { kind, isOfThisAlone, isKeyOver } = outcome as Watched;
      return (kind === 'unavailable' || kind === 'unknown') && !isOfThisAlone && !isKeyOver;
    }),
    {
      breaker: new SamplingBreaker({ threshold: 0.5, duration: 5_000, minimumRps: 2 }),
      halfOpenAfter: options.halfOpenAfterMs,
    },
  );
  // Once it has been open for a while, one request is let through to see; somebody has to make it.
  let asksNobodyUntilMs = 0;
  breaker.onBreak(() => {
    asksNobodyUntilMs = performance.now() + options.halfOpenAfterMs;
  });
  const turns = bulkhead(options.atOnceMax, 100_000);

  const guard = async <O>(
    ask: () => Promise<O>,
    answerByMs = Number.POSITIVE_INFINITY,
  ): Promise<O | ProviderUnavailable> => {
    try {
      return await turns.execute(async () =>
        performance.now() + options.timeoutMs < answerByMs ? breaker.execute(ask) : tooLate,
      );
    } catch (error) {
      if (error instanceof BrokenCircuitError || error instanceof BulkheadRejectedError) {
        return { kind: 'unavailable', reason: error.message };
      }
      throw error;
    }
  };

  return {
    name: provider.name,
    chargeMsMax: options.timeoutMs * (options.captureMethod === 'manual' ? 2 : 1),
    isAway: () => breaker.state === CircuitState.Open && performance.now() < asksNobodyUntilMs,
    charge: (request) => guard(() => provider.charge(request), request.answerByMs),
    capture: (payment) => guard(() => provider.capture(payment), payment.answerByMs),
    void: (payment) => guard(() => provider.void(payment)),
    refund: (request) => guard(() => provider.refund(request)),
    find: (payment) => guard(() => provider.find(payment)),
    findRefund: (refund) => guard(() => provider.findRefund(refund)),
  };
}

/** Of an outcome, whichever it is, what says something about its provider. */
interface Watched {
  kind: string;
  isOfThisAlone?: true;
  isKeyOver?: true;
}

const tooLate: ProviderUnavailable = { kind: 'unavailable', reason: 'its turn came too late' };
