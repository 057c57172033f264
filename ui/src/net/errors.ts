// Every failure of a request becomes an ApiError with a kind that the page has a next step for.
export type ErrorKind = 'offline' | 'busy' | 'context' | 'memory' | 'model' | 'signIn' | 'denied' | 'missing' | 'large' | 'limit' | 'full' | 'taken' | 'other';

export class ApiError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly retryS: number | null = null,
  ) {
    super(message);
  }
}

// What Hearth's own codes mean here (src/api/error.c); another server's status must do.
const kinds: Record<string, ErrorKind> = {
  context_length_exceeded: 'context',
  model_not_found: 'model',
  model_broken: 'model',
  out_of_memory: 'memory',
  server_busy: 'busy',
  storage_full: 'full',
  sign_in: 'signIn',
};
const byStatus: Record<number, ErrorKind> = { 401: 'signIn', 403: 'denied', 404: 'missing', 409: 'taken', 413: 'large', 429: 'limit', 502: 'offline', 503: 'busy', 504: 'offline' };

export function kindOf(status: number, code: string | null | undefined): ErrorKind {
  return (code ? kinds[code] : undefined) ?? byStatus[status] ?? 'other';
}

export interface ErrorBody {
  error?: { message?: string; code?: string | null };
}

export async function bodyOf(answer: Response): Promise<ErrorBody> {
  try {
    return (await answer.json()) as ErrorBody;
  } catch {
    return {}; // a proxy's page, not ours: the status says enough
  }
}

export function errorOf(answer: Response, body: ErrorBody): ApiError {
  const wait = Number(answer.headers.get('retry-after'));
  return new ApiError(kindOf(answer.status, body.error?.code), body.error?.message ?? `HTTP ${answer.status}`, wait > 0 ? wait : null);
}

export const toApiError = (e: unknown): ApiError => (e instanceof ApiError ? e : new ApiError('other', e instanceof Error ? e.message : String(e)));
