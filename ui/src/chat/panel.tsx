// System prompt and sampling of this conversation, and presets of both. A change is stored when its field is left.
import type { VNode } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { errorText } from '../i18n/errors';
import { IconClose, IconTrash } from '../parts/icons';
import { useServices } from '../services';
import { fieldRows, keptOf, parseField, parseStops, withField, type FieldRow } from './panel-fields';
import { Thinking, ToolsAndForm } from './panel-tools';

export function Panel(): VNode {
  const t = useText();
  const { chat, layers } = useServices();
  const system = useStore(chat.store, (c) => c.system);
  const settings = useStore(chat.store, (c) => c.settings);
  const error = useStore(chat.store, (c) => c.error);
  const id = useId();
  return (
    <div class="settings-panel">
      <div class="panel-top">
        <h2>{t.panel}</h2>
        <button type="button" class="quiet" onClick={layers.close} aria-label={t.close} title={t.close}><IconClose /></button>
      </div>
      {error && <p class="problem" role="alert">{errorText(error, t)} {error.message}</p>}
      <PresetChoice />
      <label class="block" for={`${id}-system`}>{t.system}</label>
      <textarea id={`${id}-system`} rows={6} defaultValue={system} key={`system ${system}`} aria-describedby={`${id}-system-hint`} onChange={(e) => void chat.change({ system: e.currentTarget.value })} />
      <p id={`${id}-system-hint`} class="soft">{t.systemHint}</p>
      <ToolsAndForm />
      <fieldset>
        <legend>{t.sampling}</legend>
        <p class="soft">{t.samplingHint}</p>
        <Thinking />
        {fieldRows.map((row) => <Field key={row.name} row={row} value={settings[row.name]} save={(v) => void chat.change({ settings: withField(chat.store.get().settings, row.name, v) })} />)}
        <Stops value={settings.stop} save={(v) => void chat.change({ settings: withField(chat.store.get().settings, 'stop', v) })} />
        <button type="button" class="plain" disabled={Object.keys(settings).length === Object.keys(keptOf(settings)).length} onClick={() => void chat.change({ settings: keptOf(chat.store.get().settings) })}>{t.reset}</button>
      </fieldset>
    </div>
  );
}

function Field({ row, value, save }: { row: FieldRow; value: number | undefined; save: (value: number | undefined) => void }): VNode {
  const t = useText();
  const id = useId();
  const [wrong, setWrong] = useState(false);
  const [name, hint] = t.fields[row.name]!;
  const change = (text: string): void => {
    const parsed = parseField(text, row);
    setWrong(parsed === null);
    if (parsed !== null && parsed !== value) save(parsed);
  };
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <input id={id} key={String(value)} inputMode="decimal" defaultValue={value === undefined ? '' : String(value)} autocomplete="off" aria-invalid={wrong} aria-describedby={`${id}-hint`} onChange={(e) => change(e.currentTarget.value)} />
      <small id={`${id}-hint`} class={wrong ? 'problem' : 'soft'}>{wrong ? t.outOfRange(row.min, row.max) : hint}</small>
    </div>
  );
}

function Stops({ value, save }: { value: string[] | undefined; save: (value: string[] | undefined) => void }): VNode {
  const t = useText();
  const id = useId();
  const text = (value ?? []).join('\n');
  return (
    <div class="field tall">
      <label for={id}>{t.stopTexts}</label>
      <textarea id={id} key={text} rows={2} defaultValue={text} aria-describedby={`${id}-hint`} onChange={(e) => save(parseStops(e.currentTarget.value))} />
      <small id={`${id}-hint`} class="soft">{t.stopHint}</small>
    </div>
  );
}

function PresetChoice(): VNode {
  const t = useText();
  const { chat, presets } = useServices();
  const all = useStore(presets.store, (s) => s.presets);
  const error = useStore(presets.store, (s) => s.error);
  const [chosen, setChosen] = useState('');
  const [name, setName] = useState('');
  const id = useId();
  useEffect(() => void presets.refresh(), []);
  const choose = (presetId: string): void => {
    setChosen(presetId);
    const preset = all.find((p) => p.id === presetId);
    if (preset) void chat.change({ system: preset.system, settings: preset.settings });
  };
  const add = async (e: Event): Promise<void> => {
    e.preventDefault();
    const { system, settings } = chat.store.get();
    if (name.trim()) await presets.add({ name: name.trim(), system, settings });
    setName('');
  };
  return (
    <div class="presets">
      <label class="block" for={`${id}-preset`}>{t.preset}</label>
      <div class="line">
        <select id={`${id}-preset`} value={chosen} onChange={(e) => choose(e.currentTarget.value)}>
          <option value="">{t.presetChoose}</option>
          {all.map((p) => <option key={p.id} value={p.id}>{p.name}</option>)}
        </select>
        {chosen && <button type="button" class="quiet" onClick={() => (void presets.remove(chosen), setChosen(''))} aria-label={t.presetDelete} title={t.presetDelete}><IconTrash /></button>}
      </div>
      <form class="line" onSubmit={add}>
        <input value={name} maxLength={100} placeholder={t.presetName} aria-label={t.presetName} onInput={(e) => setName(e.currentTarget.value)} />
        <button type="submit" class="plain" disabled={!name.trim()}>{t.presetSave}</button>
      </form>
      {error && <p class="problem" role="alert">{errorText(error, t)}</p>}
    </div>
  );
}
