// A question before something that cannot be undone.
import type { VNode } from 'preact';
import { useText } from '../i18n';
import { Modal } from './modal';

export function Confirm({ text, action, yes, no }: { text: string; action: string; yes: () => void; no: () => void }): VNode {
  const t = useText();
  return (
    <Modal kind="box" label={action} close={no}>
      <p>{text}</p>
      <div class="buttons">
        <button type="button" class="plain" autofocus onClick={no}>{t.cancel}</button>
        <button type="button" class="strong danger" onClick={yes}>{action}</button>
      </div>
    </Modal>
  );
}
