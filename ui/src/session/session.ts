// Who is signed in. The program opens the page with a one-time secret behind the #, which never reaches a log or a history.
import type { Api } from '../net/api';
import { toApiError, type ApiError } from '../net/errors';
import type { Principal, Session } from '../net/types';
import { Store } from '../base/store';

export interface SessionView {
  phase: 'asking' | 'in' | 'out' | 'offline';
  principal: Principal | null;
  error: ApiError | null; // why the link or the key did not do
}

export function linkOf(hash: string): string | null {
  const m = /^#link=([\w-]{8,200})$/.exec(hash);
  return m ? m[1]! : null;
}

const RETRY_MS = 1500;

export class SessionState {
  readonly store = new Store<SessionView>({ phase: 'asking', principal: null, error: null });

  constructor(private readonly api: Api) {
    // A link that is opened in a window that shows the page already.
    window.addEventListener('hashchange', () => void (linkOf(location.hash) && this.begin()));
  }

  get admin(): boolean {
    return this.store.get().principal?.scope === 'admin';
  }

  async begin(): Promise<void> {
    const link = linkOf(location.hash);
    if (link) history.replaceState(null, '', location.pathname + location.search);
    try {
      const session = link ? await this.fromLink(link) : await this.api.session();
      this.take(session);
    } catch (e) {
      const error = toApiError(e);
      if (error.kind !== 'offline') return this.store.set({ phase: 'out', error });
      this.store.set({ phase: 'offline', error: null });
      setTimeout(() => void this.begin(), RETRY_MS);
    }
  }

  async signIn(key: string): Promise<void> {
    try {
      this.take(await this.api.signIn({ key }));
    } catch (e) {
      this.store.set({ error: toApiError(e) });
    }
  }

  async signOut(): Promise<void> {
    try {
      await this.api.signOut();
    } catch {
      // The server has forgotten it, or will: the page has, in any case.
    }
    this.lost();
  }

  /** The server does not know this page any more. */
  lost(): void {
    this.api.http.csrf = null;
    this.store.set({ phase: 'out', principal: null, error: null });
  }

  // A link that was used before is of no use, but the cookie that it once gave may still be good.
  private async fromLink(link: string): Promise<Session> {
    try {
      return await this.api.signIn({ link });
    } catch (e) {
      const session = toApiError(e).kind === 'offline' ? null : await this.api.session();
      if (session?.signed_in) return session;
      throw e;
    }
  }

  private take(session: Session): void {
    this.api.http.csrf = session.signed_in ? session.csrf : null;
    this.store.set(session.signed_in ? { phase: 'in', principal: session.principal, error: null } : { phase: 'out', principal: null, error: null });
  }
}
