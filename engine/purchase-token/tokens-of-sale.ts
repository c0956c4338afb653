import type { SigningKeys } from '../contracts/ports.ts';
import type { SaleConfig } from '../contracts/sale.ts';
import { privatePurchaseTokens } from './private-tokens.ts';
import { publicPurchaseTokens } from './public-tokens.ts';
import type { PurchaseTokens } from './purchase-token.ts';

/** The purchase tokens of a sale, by its setting alone: what a token says of itself chooses nothing. */
export type TokensOfSale = (config: Pick<SaleConfig, 'tokens'>) => PurchaseTokens;

/** In a process without signing keys. */
const noTokens: PurchaseTokens = {
  maySign: () => false,
  sign() {
    throw new Error('this process has no signing keys');
  },
  verify: async () => null,
};

export function tokensOfSale(tokenSecret: string, signingKeys: SigningKeys | null): TokensOfSale {
  const kinds: Record<SaleConfig['tokens'], PurchaseTokens> = {
    private: privatePurchaseTokens(tokenSecret),
    public: signingKeys ? publicPurchaseTokens(signingKeys) : noTokens,
  };
  return ({ tokens }) => kinds[tokens];
}
