// Keys that work everywhere on the page.
import { useEffect } from 'preact/hooks';
import { useText } from '../i18n';
import { useServices } from '../services';
import { commandsOf } from './commands';

const byKey: Record<string, string> = { 'ctrl+shift+o': 'new', 'ctrl+shift+y': 'regenerate', 'ctrl+b': 'sidebar', 'ctrl+.': 'panel', 'ctrl+,': 'settings', '/': 'message', escape: 'stop' };

const isWriting = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function chord(e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): string {
  const parts = [(e.ctrlKey || e.metaKey) && 'ctrl', e.altKey && 'alt', e.shiftKey && 'shift', e.key.toLowerCase()];
  return parts.filter(Boolean).join('+');
}

export function useShortcuts(): void {
  const t = useText();
  const services = useServices();
  useEffect(() => {
    const { layers } = services;
    const onKey = (e: KeyboardEvent): void => {
      if (e.defaultPrevented || e.isComposing) return;
      const keys = chord(e);
      if (keys === 'ctrl+k') {
        e.preventDefault();
        layers.open(layers.store.get().layer?.name === 'palette' ? null : { name: 'palette' });
        return;
      }
      // A layer above the page, or an open menu, has its own keys.
      if (layers.store.get().layer || document.querySelector('dialog[open], [popover]:popover-open')) return;
      const name = byKey[keys];
      if (!name || (keys === '/' && isWriting(e.target))) return;
      const command = commandsOf(services, t).find((c) => c.name === name);
      if (!command) return;
      e.preventDefault();
      command.run();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [services, t]);
}
