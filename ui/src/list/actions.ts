// What can be done to a conversation from anywhere.
import { errorText } from '../i18n/errors';
import { toApiError } from '../net/errors';
import type { Summary } from '../net/types';
import { download, fileName } from '../parts/files';
import type { Services } from '../services';
import { UNDO_MS } from './list';

export function removeConversation({ list, router, toasts, chat }: Services, id: string): void {
  list.remove(id);
  const open = chat.store.get().id === id;
  if (open) router.go({ name: 'chat', id: null });
  toasts.show(
    (t) => t.deleted,
    {
      text: (t) => t.undo,
      run: () => {
        list.restore(id);
        if (open) router.go({ name: 'chat', id });
      },
    },
    UNDO_MS - 500,
  );
}

export async function exportConversation({ api, toasts }: Services, summary: Pick<Summary, 'id' | 'title'>, format: 'markdown' | 'json'): Promise<void> {
  try {
    const answer = await api.exported(summary.id, format);
    download(await answer.blob(), fileName(summary.title, format === 'json' ? 'json' : 'md'));
  } catch (e) {
    toasts.show((t) => errorText(toApiError(e), t));
  }
}

/** Title or folder, wherever the conversation is shown. */
export async function changeConversation({ api, list, chat, toasts }: Services, id: string, change: { title?: string; folder?: string | null }): Promise<void> {
  list.learn(id, change);
  if (chat.store.get().id === id) chat.store.set(change);
  try {
    await api.change(id, change);
  } catch (e) {
    toasts.show((t) => errorText(toApiError(e), t));
  }
  await list.refresh();
}
