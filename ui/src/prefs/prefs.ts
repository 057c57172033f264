// What this browser's reader has chosen: language, theme, model, sidebar.
import { firstLang, type Lang } from '../i18n';
import { Store } from '../base/store';
import { storage } from '../base/storage';

export type Theme = 'system' | 'light' | 'dark';
export interface PrefsView {
  lang: Lang;
  theme: Theme;
  model: string | null; // for new conversations
  sidebar: boolean; // shown, where there is room
}

function saved(): PrefsView {
  const theme = storage.get('theme');
  return {
    lang: firstLang(storage.get('lang'), navigator.languages),
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    model: storage.get('model'),
    sidebar: storage.get('sidebar') !== 'no',
  };
}

export class Prefs {
  readonly store: Store<PrefsView>;

  constructor() {
    this.store = new Store<PrefsView>(saved());
    this.apply();
    // What is chosen in one window of the page holds in all of them.
    window.addEventListener('storage', () => this.change({ ...saved(), model: this.store.get().model }));
  }

  setLang(lang: Lang): void {
    storage.set('lang', lang);
    this.change({ lang });
  }
  setTheme(theme: Theme): void {
    storage.set('theme', theme === 'system' ? null : theme);
    this.change({ theme });
  }
  setModel(model: string): void {
    storage.set('model', model);
    this.change({ model });
  }
  setSidebar(sidebar: boolean): void {
    storage.set('sidebar', sidebar ? null : 'no');
    this.change({ sidebar });
  }

  private change(change: Partial<PrefsView>): void {
    this.store.set(change);
    this.apply();
  }

  // The same as public/theme.js does before the first paint.
  private apply(): void {
    const { lang, theme } = this.store.get();
    const root = document.documentElement;
    root.lang = lang === 'zh' ? 'zh-CN' : 'en';
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
  }
}
