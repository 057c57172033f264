import type { ApiError, ErrorKind } from '../net/errors';
import type { Texts } from '.';

const table: Record<ErrorKind, keyof Texts> = {
  offline: 'errorOffline',
  busy: 'errorBusy',
  context: 'errorContext',
  memory: 'errorMemory',
  model: 'errorModel',
  signIn: 'errorSignIn',
  denied: 'errorDenied',
  missing: 'errorMissing',
  large: 'errorLarge',
  limit: 'errorLimit',
  full: 'errorFull',
  taken: 'errorTaken',
  other: 'errorOther',
};

export const errorText = (e: ApiError, t: Texts): string => t[table[e.kind]] as string;
