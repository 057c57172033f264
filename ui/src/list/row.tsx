import type { VNode } from 'preact';
import { addressOf, isPlainClick } from '../base/route';
import { useText } from '../i18n';
import type { Summary } from '../net/types';
import { IconFile, IconFolder, IconMore, IconPencil, IconTrash } from '../parts/icons';
import { memo } from '../parts/memo';
import { Menu, type MenuItem } from '../parts/menu';
import { useServices } from '../services';
import { exportConversation, removeConversation } from './actions';
import { snippetParts } from './rows';

export const ConversationRow = memo(({ summary, top, current }: { summary: Summary; top: string; current: boolean }): VNode => {
  const t = useText();
  const services = useServices();
  const { router, layers } = services;
  const { id } = summary;
  const title = summary.title || t.untitled;
  const go = (e: MouseEvent): void => {
    if (!isPlainClick(e)) return;
    e.preventDefault();
    if (layers.store.get().layer?.name === 'drawer') layers.close();
    router.go({ name: 'chat', id });
  };
  const items = (): MenuItem[] => [
    { text: t.rename, icon: <IconPencil />, run: () => layers.open({ name: 'rename', id }) },
    { text: t.move, icon: <IconFolder />, run: () => layers.open({ name: 'move', id }) },
    { text: t.exportMarkdown, icon: <IconFile />, run: () => void exportConversation(services, summary, 'markdown') },
    { text: t.exportJson, icon: <IconFile />, run: () => void exportConversation(services, summary, 'json') },
    { text: t.remove, icon: <IconTrash />, danger: true, run: () => removeConversation(services, id) },
  ];
  return (
    <li class="row" style={{ top }}>
      <a href={addressOf({ name: 'chat', id })} aria-current={current ? 'page' : undefined} onClick={go} title={title}>
        <span class="row-title">{title}</span>
        {summary.snippet && <span class="snippet">{snippetParts(summary.snippet).map((p, i) => (p.hit ? <mark key={i}>{p.text}</mark> : p.text))}</span>}
      </a>
      <Menu label={t.actionsFor(title)} class="quiet row-more" items={items}><IconMore /></Menu>
    </li>
  );
});
