// Small questions about a conversation: its title, its folder.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { useServices } from '../services';
import { changeConversation } from './actions';

interface FieldProps {
  label: string;
  first: string;
  choices?: string[];
  save: (value: string) => void;
}

function OneField({ label, first, choices, save }: FieldProps): VNode {
  const t = useText();
  const { layers } = useServices();
  const [value, setValue] = useState(first);
  const submit = (e: Event): void => {
    e.preventDefault();
    layers.close();
    save(value.trim());
  };
  return (
    <form class="one-field" onSubmit={submit}>
      <label>
        {label}
        <input value={value} maxLength={200} list={choices && 'choices'} autofocus onInput={(e) => setValue(e.currentTarget.value)} onFocus={(e) => e.currentTarget.select()} />
      </label>
      {choices && <datalist id="choices">{choices.map((c) => <option key={c} value={c} />)}</datalist>}
      <div class="buttons">
        <button type="button" class="plain" onClick={layers.close}>{t.cancel}</button>
        <button type="submit" class="strong">{t.save}</button>
      </div>
    </form>
  );
}

function useSummary(id: string): { title: string; folder: string | null } {
  const { list, chat } = useServices();
  const listed = useStore(list.store, (s) => s.items.find((c) => c.id === id));
  const open = chat.store.get();
  return listed ?? (open.id === id ? open : { title: '', folder: null });
}

export function RenameBox({ id }: { id: string }): VNode {
  const t = useText();
  const services = useServices();
  const { title } = useSummary(id);
  return <OneField label={t.title} first={title} save={(value) => value && value !== title && void changeConversation(services, id, { title: value })} />;
}

export function MoveBox({ id }: { id: string }): VNode {
  const t = useText();
  const services = useServices();
  const { folder } = useSummary(id);
  const folders = useStore(services.list.store, (s) => s.folders);
  return <OneField label={t.folderName} first={folder ?? ''} choices={folders.map((f) => f.name)} save={(value) => void changeConversation(services, id, { folder: value || null })} />;
}
