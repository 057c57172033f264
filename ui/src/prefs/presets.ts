// System prompts and settings under a name.
import type { Api } from '../net/api';
import { toApiError, type ApiError } from '../net/errors';
import type { Preset } from '../net/types';
import { Store } from '../base/store';

export class Presets {
  readonly store = new Store<{ presets: Preset[]; error: ApiError | null }>({ presets: [], error: null });

  constructor(private readonly api: Api) {}

  refresh = (): Promise<void> => this.act(async () => this.store.set({ presets: (await this.api.presets()).presets }));
  add = (preset: Omit<Preset, 'id'>): Promise<void> =>
    this.act(async () => {
      const made = await this.api.addPreset(preset);
      this.store.set({ presets: [...this.store.get().presets, made] });
    });
  remove = (id: string): Promise<void> =>
    this.act(async () => {
      await this.api.removePreset(id);
      this.store.set({ presets: this.store.get().presets.filter((p) => p.id !== id) });
    });

  private async act(action: () => Promise<void>): Promise<void> {
    try {
      await action();
      this.store.set({ error: null });
    } catch (e) {
      this.store.set({ error: toApiError(e) });
    }
  }
}
