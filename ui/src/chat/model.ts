import { useStore } from '../base/store';
import type { Model } from '../net/types';
import { useServices, type Services } from '../services';
import { pickModel } from '../session/status';

/** The model that answers next here: the conversation's, or the one that was chosen last. */
export function useModel(): Model | null {
  const { status, chat, prefs } = useServices();
  const known = useStore(status.store, (s) => s.status);
  const own = useStore(chat.store, (c) => c.model);
  const preferred = useStore(prefs.store, (p) => p.model);
  return pickModel(known, own && known?.models.some((m) => m.id === own) ? own : preferred);
}

export function currentModel({ status, chat, prefs }: Services): string | null {
  const known = status.store.get().status;
  const own = chat.store.get().model;
  return pickModel(known, own && known?.models.some((m) => m.id === own) ? own : prefs.store.get().model)?.id ?? null;
}

export function chooseModel({ chat, prefs }: Services, id: string): void {
  prefs.setModel(id);
  void chat.change({ model: id });
}
