// Where messages are written. A message leaves the box when the server has it, and not before.
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { countText, sizeText } from '../base/format';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { errorText } from '../i18n/errors';
import { hasFiles } from '../parts/files';
import { IconClip, IconClose, IconFile, IconSend, IconStop } from '../parts/icons';
import { useServices } from '../services';
import { Attachments, pastedFile } from './attachments';
import { ContextMeter } from './context-meter';
import { sendsNow } from './keys';
import { useModel } from './model';

export function Composer(): VNode {
  const t = useText();
  const { api, chat, status, toasts } = useServices();
  const files = useMemo(() => new Attachments(api), [api]);
  const model = useModel();
  const attached = useStore(files.store, (s) => s.files);
  const writing = useStore(chat.live, (l) => l.id !== null);
  const busy = useStore(chat.store, (c) => c.busy);
  const id = useStore(chat.store, (c) => c.id);
  const [text, setText, clear] = useDraft(id);
  const area = useRef<HTMLTextAreaElement>(null);
  const can = model !== null && !writing && !busy && (text.trim() !== '' || attached.length > 0);
  const add = async (list: readonly File[]): Promise<void> => {
    for (const problem of await files.add(list, model?.id ?? null)) toasts.show(problem);
  };
  const dropping = useDrop((list) => void add(list));

  useLayoutEffect(() => {
    const el = area.current!;
    el.style.height = 'auto';
    el.style.height = `${el.scrollHeight}px`;
  }, [text]);
  useEffect(() => {
    // A phone's keyboard should come when it is asked for; and who is elsewhere on the page stays there.
    if (document.activeElement === document.body && matchMedia('(hover: hover)').matches) area.current?.focus();
  }, [writing, id]);

  const submit = async (): Promise<void> => {
    if (!can) return;
    const draft = { content: text.trim(), attachments: attached.map((f) => ({ name: f.name, text: f.text })) };
    if (!(await chat.send(draft, model.id))) return void status.ask();
    clear();
    files.clear();
  };
  const paste = (e: ClipboardEvent): void => {
    const list = pastedFile(e.clipboardData);
    if (list.length) e.preventDefault(), void add(list);
  };
  const onKeyDown = (e: KeyboardEvent): void => {
    if (sendsNow(e)) e.preventDefault(), void submit();
    else if (e.key === 'ArrowUp' && !text) [...document.querySelectorAll<HTMLElement>('[data-edit]')].at(-1)?.click();
  };
  return (
    <form class="composer" aria-label={t.message} onSubmit={(e) => (e.preventDefault(), void submit())}>
      <Problem />
      <div class={dropping ? 'box dropping' : 'box'}>
        {dropping && <p class="drop-hint">{t.dropHere}</p>}
        {attached.length > 0 && (
          <ul class="files" aria-label={t.attachments}>
            {attached.map((f) => (
              <li key={f.key} class="file">
                <IconFile /><span>{f.name}</span><small>{f.tokens === null ? sizeText(f.bytes) : t.tokenCount(countText(f.tokens))}</small>
                <button type="button" class="quiet" onClick={() => files.remove(f.key)} aria-label={t.detach(f.name)} title={t.detach(f.name)}><IconClose /></button>
              </li>
            ))}
          </ul>
        )}
        <textarea ref={area} id="message" rows={1} value={text} placeholder={t.placeholder} aria-label={t.message} enterkeyhint="send" onInput={(e) => setText(e.currentTarget.value)} onKeyDown={onKeyDown} onPaste={paste} />
        <div class="tools">
          <AttachButton add={(list) => void add(list)} />
          <ContextMeter model={model} draft={text} attached={attached.reduce((n, f) => n + (f.tokens ?? Math.ceil(f.bytes / 4)), 0)} />
          <span class="gap" />
          {writing ? (
            <button type="button" class="round" onClick={() => void chat.stop()} aria-label={t.stop} title={`${t.stop} (Esc)`}><IconStop /></button>
          ) : (
            <button type="submit" class="round" disabled={!can} aria-label={t.send} title={t.send}><IconSend /></button>
          )}
        </div>
      </div>
      <Hint />
    </form>
  );
}

function Hint(): VNode {
  const t = useText();
  const { status } = useServices();
  const online = useStore(status.store, (s) => s.online);
  return <p class="hint" role={online ? undefined : 'alert'}>{online ? t.keysHint : t.offlineNow}</p>;
}

/** What went wrong with the last thing that was asked for here. */
function Problem(): VNode | null {
  const t = useText();
  const { chat } = useServices();
  const error = useStore(chat.store, (c) => c.error);
  if (!error) return null;
  return (
    <div class="failure" role="alert">
      <p>{errorText(error, t)}</p>
      {error.message && <p class="detail">{error.message}</p>}
      <button type="button" class="quiet" onClick={() => chat.store.set({ error: null })} aria-label={t.close} title={t.close}><IconClose /></button>
    </div>
  );
}

function AttachButton({ add }: { add: (files: File[]) => void }): VNode {
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  const chosen = (): void => {
    add([...(input.current!.files ?? [])]);
    input.current!.value = '';
  };
  return (
    <>
      <button type="button" class="quiet" onClick={() => input.current!.click()} aria-label={t.attach} title={t.attach}><IconClip /></button>
      <input ref={input} type="file" multiple hidden onChange={chosen} />
    </>
  );
}

// What was begun in a conversation is still there when the reader comes back to it, as long as the page is open.
function useDraft(id: string | null): [string, (text: string) => void, () => void] {
  const { chat } = useServices();
  const { drafts } = chat;
  const [text, setText] = useState(drafts.get(id) ?? '');
  useLayoutEffect(() => setText(drafts.get(id) ?? ''), [id]);
  const change = (value: string): void => {
    drafts.set(id, value);
    setText(value);
  };
  // The conversation may have got its id since this was drawn.
  const clear = (): void => {
    drafts.delete(chat.store.get().id);
    setText('');
  };
  return [text, change, clear];
}

/** Files that are dragged anywhere over the conversation. */
function useDrop(add: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(add);
  latest.current = add;
  useEffect(() => {
    const main = document.getElementById('main')!;
    const drag = (e: DragEvent): void => {
      if (hasFiles(e)) e.preventDefault(), setOver(true);
    };
    const leave = (e: DragEvent): void => {
      if (!main.contains(e.relatedTarget as Node | null)) setOver(false);
    };
    const drop = (e: DragEvent): void => {
      setOver(false);
      if (hasFiles(e)) e.preventDefault(), latest.current([...e.dataTransfer!.files]);
    };
    main.addEventListener('dragover', drag);
    main.addEventListener('dragleave', leave);
    main.addEventListener('drop', drop);
    return () => {
      main.removeEventListener('dragover', drag);
      main.removeEventListener('dragleave', leave);
      main.removeEventListener('drop', drop);
    };
  }, []);
  return over;
}
