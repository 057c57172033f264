// The list of conversations: pages of the server's, newest first or best hits first, and what this page has done to them since.
import type { Api } from '../net/api';
import { toApiError, type ApiError } from '../net/errors';
import type { Folder, Summary } from '../net/types';
import { Store } from '../base/store';

const PAGE = 200;
export const UNDO_MS = 6000;

export interface ListState {
  items: Summary[];
  total: number;
  next: string | null;
  query: string;
  folder: string | null;
  folders: Folder[];
  loading: boolean;
  asked: boolean; // the first page has come, or has failed
  error: ApiError | null;
  leaving: ReadonlySet<string>; // deleted here, and told to the server when nobody undoes it
}

export class List {
  readonly store = new Store<ListState>({
    items: [],
    total: 0,
    next: null,
    query: '',
    folder: null,
    folders: [],
    loading: false,
    asked: false,
    error: null,
    leaving: new Set(),
  });
  /** Called when a conversation could not be deleted, and is there again. */
  onKept: (error: ApiError) => void = () => undefined;
  private request: AbortController | null = null;
  private readonly timers = new Map<string, number>();

  constructor(private readonly api: Api) {}

  /** The first page again. What has been loaded below it stays. */
  refresh = (): Promise<void> => this.load(null);

  async more(): Promise<void> {
    const { next, loading } = this.store.get();
    if (next && !loading) await this.load(next);
  }

  async search(query: string): Promise<void> {
    if (query === this.store.get().query) return;
    this.store.set({ query, items: [], next: null });
    await this.load(null);
  }

  async show(folder: string | null): Promise<void> {
    this.store.set({ folder, items: [], next: null });
    await this.load(null);
  }

  /** What another place of the page has learnt about a conversation. */
  learn(id: string, change: Partial<Summary>): void {
    this.store.set({ items: this.store.get().items.map((s) => (s.id === id ? { ...s, ...change } : s)) });
  }

  /** Hides it at once, and deletes it when the time to undo is over. */
  remove(id: string): void {
    const leaving = new Set(this.store.get().leaving).add(id);
    this.store.set({ leaving });
    this.timers.set(id, window.setTimeout(() => void this.finish(id), UNDO_MS));
  }

  restore(id: string): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.stay(id);
  }

  /** The page goes away: what was deleted is deleted now. */
  flush(): void {
    for (const id of [...this.timers.keys()]) void this.finish(id, true);
  }

  private stay(id: string): void {
    const leaving = new Set(this.store.get().leaving);
    leaving.delete(id);
    this.store.set({ leaving });
  }

  private async finish(id: string, keepalive = false): Promise<void> {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    try {
      await this.api.remove(id, keepalive);
      const { items, total } = this.store.get();
      this.store.set({ items: items.filter((s) => s.id !== id), total: Math.max(0, total - 1) });
      void this.readFolders();
    } catch (e) {
      this.onKept(toApiError(e));
    }
    this.stay(id);
  }

  private async load(before: string | null): Promise<void> {
    this.request?.abort();
    const request = (this.request = new AbortController());
    const { query, folder } = this.store.get();
    this.store.set({ loading: true });
    try {
      const page = await this.api.list({ q: query, folder, before, limit: PAGE }, request.signal);
      this.merge(page.conversations, page.next, page.total, before === null);
      if (before === null && !query) void this.readFolders();
    } catch (e) {
      if (request.signal.aborted) return;
      this.store.set({ loading: false, asked: true, error: toApiError(e) });
    }
  }

  private merge(page: Summary[], next: string | null, total: number, first: boolean): void {
    const { items, next: reached } = this.store.get();
    const fresh = new Set(page.map((s) => s.id));
    const others = items.filter((s) => !fresh.has(s.id));
    // The first page again: what it no longer holds has moved below it, or is gone when the page was all there is.
    const merged = first ? [...page, ...(next ? others : [])] : [...others, ...page];
    const deeper = first && next && others.length > 0;
    this.store.set({ items: merged, next: deeper ? reached : next, total, loading: false, asked: true, error: null });
  }

  async readFolders(): Promise<void> {
    try {
      this.store.set({ folders: (await this.api.folders()).folders });
    } catch {
      // The list does without; the next refresh asks again.
    }
  }
}
