import type { VNode } from 'preact';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { useServices } from '../services';

export function ToastList(): VNode {
  const t = useText();
  const { toasts } = useServices();
  const list = useStore(toasts.store, (s) => s.toasts);
  return (
    <div class="toasts" role="status" aria-label={t.notifications}>
      {list.map((toast) => (
        <div key={toast.id} class="toast">
          <span>{toast.text(t)}</span>
          {toast.action && <button type="button" onClick={() => (toasts.hide(toast.id), toast.action!.run())}>{toast.action.text(t)}</button>}
        </div>
      ))}
    </div>
  );
}
