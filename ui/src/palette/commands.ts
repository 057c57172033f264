// Everything that the page can do, as a table: the palette shows it, the keyboard does it.
import type { Texts } from '../i18n';
import { removeConversation, exportConversation } from '../list/actions';
import { currentModel } from '../chat/model';
import type { Services } from '../services';

export interface Command {
  name: string;
  text: string;
  keys?: string; // as a person reads them
  there?: boolean; // false: not now
  run: () => void;
}

export const focusMessage = (): void => document.getElementById('message')?.focus();

export function commandsOf(services: Services, t: Texts): Command[] {
  const { router, layers, chat, prefs, session } = services;
  const { id, title } = chat.store.get();
  const open = id !== null && router.store.get().place.name === 'chat';
  const last = chat.branch().at(-1);
  const answered = open && last?.role === 'assistant' && !chat.writing;
  const { lang, theme, sidebar } = prefs.store.get();
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  const admin = session.admin;
  return [
    { name: 'new', text: t.newChat, keys: 'Ctrl+Shift+O', run: () => router.go({ name: 'chat', id: null }) },
    { name: 'stop', text: t.stop, keys: 'Esc', there: chat.writing, run: () => void chat.stop() },
    { name: 'message', text: t.focusMessage, keys: '/', run: focusMessage },
    { name: 'regenerate', text: t.regenerateLast, keys: 'Ctrl+Shift+Y', there: answered, run: () => void chat.regenerate(last!, currentModel(services)) },
    { name: 'edit', text: t.editLast, keys: '↑', there: open && !chat.writing, run: () => [...document.querySelectorAll<HTMLElement>('[data-edit]')].at(-1)?.click() },
    { name: 'panel', text: t.openPanel, keys: 'Ctrl+.', there: router.store.get().place.name === 'chat', run: () => layers.open({ name: 'panel' }) },
    { name: 'sidebar', text: sidebar ? t.hideSidebar : t.showSidebar, keys: 'Ctrl+B', run: () => prefs.setSidebar(!sidebar) },
    { name: 'rename', text: t.rename, there: open, run: () => layers.open({ name: 'rename', id: id! }) },
    { name: 'move', text: t.move, there: open, run: () => layers.open({ name: 'move', id: id! }) },
    { name: 'markdown', text: t.exportMarkdown, there: open, run: () => void exportConversation(services, { id: id!, title }, 'markdown') },
    { name: 'json', text: t.exportJson, there: open, run: () => void exportConversation(services, { id: id!, title }, 'json') },
    { name: 'delete', text: t.remove, there: open, run: () => removeConversation(services, id!) },
    { name: 'models', text: t.models, run: () => router.go({ name: 'models' }) },
    { name: 'keys', text: t.keys, there: admin, run: () => router.go({ name: 'keys' }) },
    { name: 'settings', text: t.settings, keys: 'Ctrl+,', run: () => router.go({ name: 'settings' }) },
    { name: 'theme', text: t.toggleTheme, run: () => prefs.setTheme(dark ? 'light' : 'dark') },
    { name: 'language', text: t.otherLanguage, run: () => prefs.setLang(lang === 'zh' ? 'en' : 'zh') },
    { name: 'sign-out', text: t.signOut, run: () => void session.signOut() },
  ].filter((c: Command) => c.there !== false);
}

/** Whether all words occur, in any order. */
export function matches(text: string, query: string): boolean {
  const where = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => where.includes(word));
}
