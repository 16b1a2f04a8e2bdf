// Characters that would hide or turn text round are written out, everywhere in the page.
//
// The log escapes them in its lines, but reading a line as JSON brings them back: a name with a
// right-to-left override would be shown as another name. So every text that becomes a part of an
// element passes here, by a hook of Preact that no view can forget; values of inputs stay as they
// are. Charts, which do not go through Preact, call `visible` themselves. Tested by
// test/visible.test.ts.
import { options, type VNode } from "preact";

// Controls but for tab and newline, soft hyphens, and whatever is invisible or sets a direction.
const kHidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

export const visible = (text: string): string =>
  text.replace(kHidden, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

const shown = (child: unknown): unknown =>
  typeof child === "string" ? visible(child) : Array.isArray(child) ? child.map(shown) : child;

export function showHiddenCharacters(): void {
  const before = options.vnode;
  options.vnode = (node: VNode) => {
    const props = node.props as Record<string, unknown>;
    if (typeof node.type === "string") {
      if (props.children !== undefined) props.children = shown(props.children);
      if (typeof props.title === "string") props.title = visible(props.title);
      if (typeof props["aria-label"] === "string") {
        props["aria-label"] = visible(props["aria-label"]);
      }
    }
    before?.(node);
  };
}
