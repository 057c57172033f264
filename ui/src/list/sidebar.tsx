// Brand, search, the list, and the ways to other places.
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { addressOf, isPlainClick, type Place } from '../base/route';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { Flame, IconBox, IconClose, IconGear, IconKey, IconPlus, IconSearch, IconSidebar } from '../parts/icons';
import { LanguageButton } from '../prefs/language';
import { useServices } from '../services';
import { ConversationList } from './conversation-list';

const SEARCH_PAUSE_MS = 180;

export function Sidebar(): VNode {
  const t = useText();
  const { layers, prefs } = useServices();
  const inDrawer = useStore(layers.store, (s) => s.layer?.name === 'drawer');
  const hide = (): void => (inDrawer ? layers.close() : prefs.setSidebar(false));
  return (
    <nav class="sidebar" aria-label={t.navigation}>
      <div class="sidebar-top">
        <span class="brand"><Flame />Hearth</span>
        <LanguageButton />
        <button type="button" class="quiet" onClick={hide} aria-label={t.hideSidebar} title={t.hideSidebar}>{inDrawer ? <IconClose /> : <IconSidebar />}</button>
      </div>
      <PlaceLink place={{ name: 'chat', id: null }} class="new-chat"><IconPlus />{t.newChat}</PlaceLink>
      <Search />
      <FolderChoice />
      <ConversationList />
      <Places />
    </nav>
  );
}

function Places(): VNode {
  const t = useText();
  const { session } = useServices();
  const admin = useStore(session.store, (s) => s.principal?.scope === 'admin');
  return (
    <div class="places">
      <PlaceLink place={{ name: 'models' }}><IconBox />{t.models}</PlaceLink>
      {admin && <PlaceLink place={{ name: 'keys' }}><IconKey />{t.keys}</PlaceLink>}
      <PlaceLink place={{ name: 'settings' }}><IconGear />{t.settings}</PlaceLink>
    </div>
  );
}

export function PlaceLink({ place, class: name, children }: { place: Place; class?: string; children: preact.ComponentChildren }): VNode {
  const { router, layers } = useServices();
  const here = useStore(router.store, (r) => r.place.name === place.name && place.name !== 'chat');
  const go = (e: MouseEvent): void => {
    if (!isPlainClick(e)) return;
    e.preventDefault();
    if (layers.store.get().layer?.name === 'drawer') layers.close();
    router.go(place);
  };
  return <a href={addressOf(place)} class={name} aria-current={here ? 'page' : undefined} onClick={go}>{children}</a>;
}

function Search(): VNode {
  const t = useText();
  const { list } = useServices();
  const query = useStore(list.store, (s) => s.query);
  const [text, setText] = useState(query);
  const timer = useRef(0);
  const look = (q: string, pause: number): void => {
    setText(q);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void list.search(q.trim()), pause);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <div class="search" role="search">
      <IconSearch />
      <input
        type="search"
        value={text}
        placeholder={t.search}
        aria-label={t.search}
        autocomplete="off"
        onInput={(e) => look(e.currentTarget.value, SEARCH_PAUSE_MS)}
        onKeyDown={(e) => e.key === 'Escape' && text && (e.preventDefault(), look('', 0))}
      />
      {text && <button type="button" class="quiet" onClick={() => look('', 0)} aria-label={t.clearSearch}><IconClose /></button>}
    </div>
  );
}

function FolderChoice(): VNode | null {
  const t = useText();
  const { list } = useServices();
  const folders = useStore(list.store, (s) => s.folders);
  const folder = useStore(list.store, (s) => s.folder);
  if (!folders.length && folder === null) return null;
  return (
    <select class="folder" aria-label={t.folder} value={folder ?? ''} onChange={(e) => void list.show(e.currentTarget.value || null)}>
      <option value="">{t.allFolders}</option>
      {folders.map((f) => <option key={f.name} value={f.name}>{`${f.name} (${f.conversations})`}</option>)}
    </select>
  );
}
