// The places beside the conversation, which come when somebody goes there.
import type { FunctionComponent, VNode } from 'preact';
import { Lazy, useLazy } from './parts/lazy';
import { Looking } from './session/states';

const place = (load: () => Promise<FunctionComponent>) => {
  const lazy = new Lazy(async () => ({ Page: await load() }));
  return (): VNode => {
    const part = useLazy(lazy);
    return part ? <part.Page /> : <Looking />;
  };
};

export const ModelsPage = place(async () => (await import('./models/page')).ModelsPage);
export const SettingsPage = place(async () => (await import('./prefs/page')).SettingsPage);
export const KeysPage = place(async () => (await import('./session/keys-page')).KeysPage);
