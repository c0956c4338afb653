import { answerParent } from '../../measure/part.ts';
import { multiRowCopier } from './copier.ts';

/** Composition root of the ceiling of the durable half. */
answerParent(multiRowCopier(process.env.DATABASE_URL as string));
