// Rows of a long table, of which only those near the view are in the page.
import { KeyedList, h } from "./dom.js";

const MAX_ROWS = 60;
const OVERSCAN = 6;
const FIRST_GUESS_PX = 57;

const spacer = () => h("tr.space", { "aria-hidden": "true", hidden: true });

/**
 * Rows of one `kindOf(item)` have one height, which is measured. `onmove` is called when other rows may have come near.
 */
export class VirtualRows {
  #heights = new Map();
  #offsets = [0];
  #before = spacer();
  #after = spacer();
  #items = [];

  constructor(body, { kindOf, create, onmove }) {
    Object.assign(this, { body, kindOf, onmove });
    body.append(this.#before, this.#after);
    this.list = new KeyedList(body, create, this.#before);
    this.connect();
  }

  connect() {
    document.addEventListener("scroll", this.onmove, { capture: true, passive: true });
    window.addEventListener("resize", this.onmove, { passive: true });
  }

  disconnect() {
    document.removeEventListener("scroll", this.onmove, { capture: true });
    window.removeEventListener("resize", this.onmove);
  }

  forgetHeights() {
    this.#heights.clear();
  }

  show(items) {
    this.#items = items;
    this.#offsets = [0];
    for (const item of items) this.#offsets.push(this.#offsets.at(-1) + (this.#heights.get(this.kindOf(item)) ?? FIRST_GUESS_PX));
    const [first, end] = this.#range();
    this.list.update(items.slice(first, end), first);
    this.#stretch(this.#before, this.#offsets[first]);
    this.#stretch(this.#after, this.#offsets[items.length] - this.#offsets[end]);
    if (this.#measure(first, end)) this.onmove();
  }

  #stretch(row, height) {
    row.hidden = height === 0;
    row.style.height = `${height}px`;
  }

  #range() {
    const top = -this.body.getBoundingClientRect().top;
    const count = this.#items.length;
    const first = Math.max(0, Math.min(this.#indexAt(top) - OVERSCAN, count - 1));
    return [first, Math.min(count, this.#indexAt(top + window.innerHeight) + 1 + OVERSCAN, first + MAX_ROWS)];
  }

  #indexAt(offset) {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#offsets[middle + 1] <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #measure(first, end) {
    const kinds = new Map(this.#items.slice(first, end).map((item) => [this.kindOf(item), item.id]));
    let isNew = false;
    for (const [kind, id] of kinds) {
      const { height } = this.list.views.get(id).element.getBoundingClientRect();
      if (!height || Math.abs((this.#heights.get(kind) ?? FIRST_GUESS_PX) - height) <= 0.5) continue;
      this.#heights.set(kind, height);
      isNew = true;
    }
    return isNew;
  }
}
