// Tools and the schema of answers. What is pasted is checked by the server as it stands there, and used once it can be enforced.
import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useStore } from '../base/store';
import { useText, type Texts } from '../i18n';
import { errorText } from '../i18n/errors';
import { toApiError } from '../net/errors';
import type { Settings } from '../net/types';
import { useServices } from '../services';
import { withField } from './panel-fields';
import { readPasted, shownPasted, type Pasted, type PastedField } from './pasted';

const PAUSE_MS = 250;

export function ToolsAndForm(): VNode {
  const t = useText();
  const { chat } = useServices();
  const settings = useStore(chat.store, (c) => c.settings);
  const id = useId();
  const choose = (value: string): void => void chat.change({ settings: withField(chat.store.get().settings, 'tool_choice', value === 'auto' ? undefined : (value as Settings['tool_choice'])) });
  return (
    <fieldset>
      <legend>{t.toolsAndFormat}</legend>
      <PastedJson field="tools" label={t.tools} hint={t.toolsHint} value={settings.tools} />
      {settings.tools && settings.tools.length > 0 && (
        <div class="field pick">
          <label for={`${id}-choice`}>{t.toolChoice}</label>
          <select id={`${id}-choice`} value={settings.tool_choice ?? 'auto'} onChange={(e) => choose(e.currentTarget.value)}>
            {(['auto', 'required', 'none'] as const).map((c) => <option key={c} value={c}>{t.toolChoices[c]}</option>)}
          </select>
        </div>
      )}
      <PastedJson field="schema" label={t.schema} hint={t.schemaHint} value={settings.schema} />
    </fieldset>
  );
}

export function Thinking(): VNode {
  const t = useText();
  const { chat } = useServices();
  const thinking = useStore(chat.store, (c) => c.settings.thinking);
  const id = useId();
  const choose = (value: string): void => void chat.change({ settings: withField(chat.store.get().settings, 'thinking', value === '' ? undefined : value === 'on') });
  return (
    <div class="field pick">
      <label for={id}>{t.thinkingChoice}</label>
      <select id={id} value={thinking === undefined ? '' : thinking ? 'on' : 'off'} aria-describedby={`${id}-hint`} onChange={(e) => choose(e.currentTarget.value)}>
        <option value="">{t.thinkingChoices.asModel}</option>
        <option value="on">{t.thinkingChoices.on}</option>
        <option value="off">{t.thinkingChoices.off}</option>
      </select>
      <small id={`${id}-hint`} class="soft">{t.thinkingHint}</small>
    </div>
  );
}

/** `detail` is the server's own sentence, with the place; `text` is said in the language of the moment. */
type Verdict = { kind: 'none' | 'checking' | 'good' } | { kind: 'bad'; text: (t: Texts) => string; detail?: string };

function wrongText(pasted: Exclude<Pasted, { settings: Settings }>, t: Texts): string {
  if (pasted.wrong === 'object') return t.notObject;
  return pasted.line !== null && pasted.column !== null ? t.notJson(pasted.line, pasted.column) : t.notJsonHere;
}

function PastedJson({ field, label, hint, value }: { field: PastedField; label: string; hint: string; value: unknown }): VNode {
  const t = useText();
  const id = useId();
  const { text, change, verdict } = usePasted(field, value);
  return (
    <div class="field tall">
      <label for={id}>{label}</label>
      <textarea id={id} class="json" rows={4} spellcheck={false} autocomplete="off" value={text} aria-invalid={verdict.kind === 'bad'} aria-describedby={`${id}-hint ${id}-verdict`} onInput={(e) => change(e.currentTarget.value)} />
      <small id={`${id}-hint`} class="soft">{hint}</small>
      <small id={`${id}-verdict`} class={verdict.kind === 'bad' ? 'problem' : 'soft'} role="status">
        {verdict.kind === 'checking' && t.checking}
        {verdict.kind === 'good' && t.enforceable}
        {verdict.kind === 'bad' && <>{t.notUsed} {verdict.text(t)} {verdict.detail && <span lang="en">{verdict.detail}</span>}</>}
      </small>
    </div>
  );
}

/** The text in the box, and what the server thinks of it; what it could enforce is the conversation's. */
function usePasted(field: PastedField, value: unknown): { text: string; change: (text: string) => void; verdict: Verdict } {
  const { api, chat } = useServices();
  const [text, setText] = useState(shownPasted(value));
  const [verdict, setVerdict] = useState<Verdict>({ kind: 'none' });
  const checking = useRef<AbortController | null>(null);
  const ours = useRef(shownPasted(value)); // what this box has stored: it need not be shown anew
  useEffect(() => {
    if (shownPasted(value) === ours.current) return;
    ours.current = shownPasted(value);
    setText(ours.current);
    setVerdict({ kind: 'none' });
  }, [value]);
  useEffect(() => () => checking.current?.abort(), []);

  const keep = async (settings: Settings, signal: AbortSignal): Promise<void> => {
    const { problems } = Object.keys(settings).length ? await api.check(settings, signal) : { problems: [] };
    if (signal.aborted) return;
    if (problems.length) return setVerdict({ kind: 'bad', text: () => '', detail: problems[0]!.message });
    ours.current = shownPasted(settings[field]);
    setVerdict({ kind: settings[field] === undefined ? 'none' : 'good' });
    await chat.change({ settings: withField(chat.store.get().settings, field, settings[field]) });
  };
  const change = (next: string): void => {
    setText(next);
    checking.current?.abort();
    const { signal } = (checking.current = new AbortController());
    const pasted = readPasted(field, next);
    if ('wrong' in pasted) return setVerdict({ kind: 'bad', text: (t) => wrongText(pasted, t) });
    setVerdict({ kind: 'checking' });
    setTimeout(() => {
      if (signal.aborted) return;
      keep(pasted.settings, signal).catch((e: unknown) => {
        const error = toApiError(e);
        if (!signal.aborted) setVerdict({ kind: 'bad', text: (t) => (error.kind === 'other' ? '' : errorText(error, t)), detail: error.message });
      });
    }, PAUSE_MS);
  };
  return { text, change, verdict };
}
