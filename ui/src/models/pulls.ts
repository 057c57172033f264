// Models that are being fetched. Their progress comes as events; when those break off, by asking again.
import type { Api } from '../net/api';
import { toApiError, type ApiError } from '../net/errors';
import { eventsOf } from '../net/sse';
import type { Pull } from '../net/types';
import { Store } from '../base/store';

const RETRY_MS = 2000;
const ended = (p: Pull): boolean => p.state === 'done' || p.state === 'failed' || p.state === 'canceled';

export class Pulls {
  readonly store = new Store<{ pulls: Pull[]; error: ApiError | null }>({ pulls: [], error: null });
  private readonly followed = new Map<string, AbortController>();

  constructor(private readonly api: Api) {}

  async refresh(): Promise<void> {
    try {
      const { pulls } = await this.api.pulls();
      this.store.set({ pulls, error: null });
      for (const p of pulls) this.follow(p);
    } catch (e) {
      this.store.set({ error: toApiError(e) });
    }
  }

  async start(name: string): Promise<boolean> {
    try {
      const pull = await this.api.pull(name);
      this.put(pull);
      this.store.set({ error: null });
      this.follow(pull);
      return true;
    } catch (e) {
      this.store.set({ error: toApiError(e) });
      return false;
    }
  }

  async cancel(id: string): Promise<void> {
    try {
      await this.api.cancelPull(id);
    } catch (e) {
      this.store.set({ error: toApiError(e) });
    }
    await this.refresh();
  }

  /** Nobody looks any more; the server goes on. */
  leave(): void {
    for (const abort of this.followed.values()) abort.abort();
    this.followed.clear();
  }

  private put(pull: Pull): void {
    const { pulls } = this.store.get();
    this.store.set({ pulls: pulls.some((p) => p.id === pull.id) ? pulls.map((p) => (p.id === pull.id ? pull : p)) : [pull, ...pulls] });
  }

  private follow(pull: Pull): void {
    if (ended(pull) || this.followed.has(pull.id)) return;
    const abort = new AbortController();
    this.followed.set(pull.id, abort);
    void this.read(pull.id, abort.signal).finally(() => {
      this.followed.delete(pull.id);
      const now = this.store.get().pulls.find((p) => p.id === pull.id);
      if (!abort.signal.aborted && now && !ended(now)) setTimeout(() => void this.refresh(), RETRY_MS);
    });
  }

  private async read(id: string, signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.api.pullEvents(id, signal);
      if (!answer.body) return;
      for await (const event of eventsOf(answer.body, signal)) if (event.name === 'pull') this.put(JSON.parse(event.data) as Pull);
    } catch {
      // asked again after a pause
    }
  }
}
