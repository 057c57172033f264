import type { VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { countText, sizeText } from '../base/format';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import type { Attachment } from '../net/types';
import { CopyButton } from '../parts/copy';
import { IconFile, IconPencil } from '../parts/icons';
import { useServices } from '../services';
import { Versions, type MessageProps } from './message';
import { useModel } from './model';
import { sendsNow } from './keys';

export function Question(props: MessageProps): VNode {
  const t = useText();
  const { chat } = useServices();
  const { message } = props;
  const writing = useStore(chat.live, (l) => l.id !== null);
  const [editing, setEditing] = useState(false);
  return (
    <article class={editing ? 'user editing' : 'user'} aria-label={t.you}>
      {message.attachments.length > 0 && <Files files={message.attachments} />}
      {editing ? <Editor {...props} done={() => setEditing(false)} /> : message.content && <p class="said">{message.content}</p>}
      {!editing && (
        <footer>
          <Versions {...props} />
          <CopyButton text={message.content} />
          <button type="button" class="quiet" data-edit disabled={writing} onClick={() => setEditing(true)} aria-label={t.edit} title={t.edit}><IconPencil /></button>
        </footer>
      )}
    </article>
  );
}

function Files({ files }: { files: Attachment[] }): VNode {
  const t = useText();
  return (
    <ul class="files" aria-label={t.attachments}>
      {files.map((f, i) => (
        <li key={i} class="file"><IconFile /><span>{f.name}</span><small>{f.tokens === null ? sizeText(f.bytes) : t.tokenCount(countText(f.tokens))}</small></li>
      ))}
    </ul>
  );
}

function Editor({ message, done }: MessageProps & { done: () => void }): VNode {
  const t = useText();
  const { chat } = useServices();
  const model = useModel();
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(message.content);
  const busy = useStore(chat.store, (c) => c.busy);
  useLayoutEffect(() => {
    area.current!.focus();
    area.current!.setSelectionRange(text.length, text.length);
  }, []);
  useLayoutEffect(() => {
    area.current!.style.height = 'auto';
    area.current!.style.height = `${area.current!.scrollHeight}px`;
  }, [text]);
  const submit = async (): Promise<void> => {
    if (busy || !text.trim()) return;
    if (await chat.edit(message, text.trim(), model?.id ?? null)) done();
  };
  const onKeyDown = (e: KeyboardEvent): void => {
    if (e.key === 'Escape') e.stopPropagation(), done();
    else if (sendsNow(e)) e.preventDefault(), void submit();
  };
  return (
    <form class="editor" onSubmit={(e) => (e.preventDefault(), void submit())}>
      <textarea ref={area} value={text} aria-label={t.edit} aria-describedby="edit-note" onInput={(e) => setText(e.currentTarget.value)} onKeyDown={onKeyDown} />
      <div class="buttons">
        <span id="edit-note" class="soft">{t.editNote}</span>
        <button type="button" class="plain" onClick={done}>{t.cancel}</button>
        <button type="submit" class="strong" disabled={busy || !text.trim()}>{t.sendEdited}</button>
      </div>
    </form>
  );
}
