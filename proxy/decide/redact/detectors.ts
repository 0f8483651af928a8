/**
 * The detectors a policy can name, by the names of the contract.
 */
import type { Detector } from '../contract.ts';
import { cardFinder } from './card.ts';
import { emailFinder } from './email.ts';
import { ibanFinder } from './iban.ts';
import { jwtFinder } from './jwt.ts';
import type { Finder } from './match.ts';
import { phoneFinder } from './phone.ts';
import { privateKeyFinder } from './private-key.ts';
import { secretFinder } from './secret.ts';

export const FINDERS: Readonly<Record<Detector, Finder>> = {
  secret: secretFinder,
  private_key: privateKeyFinder,
  jwt: jwtFinder,
  email: emailFinder,
  card: cardFinder,
  iban: ibanFinder,
  phone: phoneFinder,
};
