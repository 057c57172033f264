// Requests as the server wants them: JSON or a file, and with everything that changes something the session's CSRF token.
import { ApiError, bodyOf, errorOf } from './errors';
import type { Session } from './types';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
export interface Options {
  /** A file goes as it is, everything else as JSON. */
  body?: unknown;
  signal?: AbortSignal;
  /** The request outlives the page. */
  keepalive?: boolean;
}

export class Http {
  csrf: string | null = null;
  /** Called when the server no longer knows this page. */
  onSignedOut: () => void = () => undefined;

  async json<T>(method: Method, path: string, options: Options = {}): Promise<T> {
    const answer = await this.open(method, path, options);
    if (answer.status === 204) return undefined as T;
    try {
      return (await answer.json()) as T;
    } catch (e) {
      throw options.signal?.aborted ? e : new ApiError('offline', '');
    }
  }

  /** The answer with its body still to be read. */
  async open(method: Method, path: string, options: Options = {}): Promise<Response> {
    let answer = await this.once(method, path, options);
    if (answer.ok) return answer;
    let body = await bodyOf(answer);
    // Another tab has signed in since: its token is the one that counts.
    if (answer.status === 403 && body.error?.code === 'csrf' && (await this.renew())) {
      answer = await this.once(method, path, options);
      if (answer.ok) return answer;
      body = await bodyOf(answer);
    }
    const error = errorOf(answer, body);
    if (error.kind === 'signIn' && path !== '/api/session') this.onSignedOut();
    throw error;
  }

  private async once(method: Method, path: string, { body, signal, keepalive }: Options): Promise<Response> {
    const headers: Record<string, string> = {};
    const file = body instanceof Blob;
    if (body !== undefined) headers['Content-Type'] = (file && body.type) || 'application/json';
    if (method !== 'GET' && this.csrf) headers['X-CSRF-Token'] = this.csrf;
    try {
      return await fetch(path, { method, headers, signal, keepalive, cache: 'no-store', body: file || body === undefined ? body : JSON.stringify(body) });
    } catch (e) {
      throw signal?.aborted ? e : new ApiError('offline', '');
    }
  }

  private async renew(): Promise<boolean> {
    const answer = await this.once('GET', '/api/session', {});
    const session = answer.ok ? ((await answer.json()) as Session) : null;
    if (!session?.signed_in || session.csrf === this.csrf) return false;
    this.csrf = session.csrf;
    return true;
  }
}
