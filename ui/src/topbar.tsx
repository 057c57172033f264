import type { VNode } from 'preact';
import { useStore } from './base/store';
import { useText } from './i18n';
import { ModelPicker } from './models/picker';
import { IconMenu, IconPlus, IconSidebar, IconSliders } from './parts/icons';
import { useServices } from './services';

export function Topbar({ narrow }: { narrow: boolean }): VNode {
  const t = useText();
  const { layers, prefs, router } = useServices();
  const sidebar = useStore(prefs.store, (p) => p.sidebar);
  const place = useStore(router.store, (r) => r.place);
  const inChat = place.name === 'chat';
  return (
    <header class="topbar">
      {narrow && <button type="button" class="quiet" onClick={() => layers.open({ name: 'drawer' })} aria-label={t.showSidebar} title={t.showSidebar}><IconMenu /></button>}
      {!narrow && !sidebar && <button type="button" class="quiet" onClick={() => prefs.setSidebar(true)} aria-label={t.showSidebar} title={t.showSidebar}><IconSidebar /></button>}
      {(narrow || !sidebar) && <button type="button" class="quiet" onClick={() => router.go({ name: 'chat', id: null })} aria-label={t.newChat} title={t.newChat}><IconPlus /></button>}
      {inChat ? <ChatTitle narrow={narrow} /> : <h1 class="title">{t[place.name]}</h1>}
      {inChat && <ModelPicker />}
      {inChat && (
        <button type="button" class="quiet" onClick={() => layers.open({ name: 'panel' })} aria-label={t.openPanel} title={t.openPanel} aria-haspopup="dialog">
          <IconSliders />
        </button>
      )}
    </header>
  );
}

function ChatTitle({ narrow }: { narrow: boolean }): VNode {
  const t = useText();
  const { chat, layers } = useServices();
  const id = useStore(chat.store, (c) => c.id);
  const title = useStore(chat.store, (c) => c.title);
  const there = useStore(chat.store, (c) => c.phase === 'ready');
  if (id === null || !there) return <span class="title" />;
  // Beside the choice of a model there is no room for it on a telephone; it is still the heading.
  if (narrow) return <h1 class="title offscreen">{title || t.untitled}</h1>;
  return (
    <h1 class="title">
      <button type="button" onClick={() => layers.open({ name: 'rename', id })} title={t.rename}>{title || t.untitled}</button>
    </h1>
  );
}
