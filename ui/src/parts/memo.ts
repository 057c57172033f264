// A component that is drawn again only when one of its properties is another value.
import { Component, h, type ComponentChild, type FunctionComponent } from 'preact';

export function memo<P extends object>(draw: FunctionComponent<P>): new (props: P) => Component<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const now = this.props as Record<string, unknown>;
      const then = next as Record<string, unknown>;
      return Object.keys(then).some((k) => then[k] !== now[k]) || Object.keys(now).some((k) => !(k in then));
    }
    override render(): ComponentChild {
      return h(draw as FunctionComponent<object>, this.props);
    }
  };
}
