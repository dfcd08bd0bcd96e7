// Changes the words of one card; never its place.

import type { CardWords } from "../model/words";

const COLOURS = ["green", "yellow", "orange", "red"];

export function part(root: Element, name: string): HTMLElement | null {
  return root.querySelector<HTMLElement>(`[data-part="${name}"]`);
}

/** Sets the text of a part and hides it when there is none. Returns whether it changed. */
export function say(root: Element, name: string, text: string | undefined): boolean {
  const element = part(root, name);
  if (!element) return false;
  const words = text ?? "";
  const changed = element.textContent !== words;
  if (changed) element.textContent = words;
  element.hidden = words === "";
  return changed;
}

/** Returns whether the wait itself changed. */
export function showCard(root: Element, words: CardWords): boolean {
  const changed = say(root, "wait", words.wait);
  say(root, "range", words.range);
  say(root, "queue", words.queue);
  say(root, "age", words.age);
  say(root, "tag", words.tag?.word);
  part(root, "wait")?.classList.toggle("app-none", words.tag === undefined);
  part(root, "age")?.classList.toggle("app-late", words.isLate);
  for (const colour of COLOURS) {
    part(root, "tag")?.classList.toggle(`nhsuk-tag--${colour}`, words.tag?.colour === colour);
  }
  return changed;
}
