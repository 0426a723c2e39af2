// Base of both tables; their order rests while someone is in the card.
import { LiveElement, bones, button, h, hiddenText, icon, note, renderOnce, setAttribute, setText, sheet } from "./dom.js";
import { openMenu } from "./menu.js";
import { hiddenOf, inventoryOf, recall, remember } from "./stores.js";
import { t } from "./texts.js";
import { VirtualRows } from "./virtual-rows.js";

const SORT_EVERY_MS = 10_000;
const NARROW_PX = 720;
const PREVIEW_ROWS = 5;
const CAN_HOVER = matchMedia("(hover: hover)");

const tableStyles = sheet(`
[hidden] { display: none !important }
.tools { display: flex; align-items: center; gap: 8px; padding: 8px 8px 8px 12px } .tools .sp { flex: 1 }
.field { display: flex; align-items: center; gap: 8px; height: 44px; padding: 0 12px; border-radius: 10px; flex: 1; max-width: 280px; min-width: 0;
  background: color-mix(in srgb, var(--ink) 6%, transparent) }
.field ha-icon { --mdc-icon-size: 20px; color: var(--secondary-text-color) }

.field input { border: 0; background: none; width: 100%; height: 44px; outline: none !important }
.field:focus-within { outline: 2px solid var(--primary-text-color); outline-offset: -2px }
.field input::placeholder { color: var(--secondary-text-color); opacity: 1 }
.pick { min-height: 44px; padding: 0 12px; border-radius: 22px; font-weight: 500; font-size: 13px; color: var(--secondary-text-color); white-space: nowrap }
.pick[aria-pressed=true], .pick.chosen { background: color-mix(in srgb, var(--primary-color) 20%, transparent); color: var(--primary-text-color) }
table { width: 100%; border-collapse: collapse; table-layout: fixed } table:focus { outline: none }
th { font-size: 12px; font-weight: 500; text-align: start; height: 44px; padding: 0 8px; border: solid var(--divider-color); border-width: 1px 0 }
th button { height: 44px; font-weight: 500; display: inline-flex; align-items: center; gap: 4px; width: 100% }
th button ha-icon { --mdc-icon-size: 14px } th.end button { justify-content: end }
td { height: 56px; padding: 0 8px; border-bottom: 1px solid var(--divider-color); line-height: 18px } .end { text-align: end }
td:first-child, th:first-child { padding-inline-start: 12px } td.menu { padding: 0 4px } tr.hidden-row { opacity: .55 }
@media (hover: hover) { tbody tr:not(.group):hover td { background: color-mix(in srgb, var(--ink) 4%, transparent) } }
table + .foot { border-top: 0 } .note:last-child { border-bottom: 0 } .note .btn { margin-inline-start: auto; font-size: 12px }
.void { padding: 24px 16px 16px; display: flex; flex-direction: column; gap: 12px; min-height: 356px }
.void .k { display: flex; align-items: center; gap: 12px; font-size: 16px; font-weight: 500; line-height: 22px }
.void .k i { width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center; font-style: normal; font-weight: 700; flex: none;
  background: color-mix(in srgb, var(--primary-color) 22%, transparent) }
.void p { line-height: 20px } .void .row { display: flex; flex-wrap: wrap; gap: 8px } .void a.btn { text-decoration: none } .void .sp { flex: 1 }
.void code { display: block; font: 12px/18px var(--ha-font-family-code, monospace); padding: 12px; border-radius: 8px; overflow-wrap: anywhere; white-space: pre-wrap;
  background: color-mix(in srgb, var(--ink) 6%, transparent) }
.void .wait { display: flex; gap: 8px; align-items: center; font-size: 12px; line-height: 16px; color: var(--secondary-text-color) }
.void .wait ha-icon { --mdc-icon-size: 18px }
@container (max-width: 720px) { .wide, .tools .sp { display: none } .tools .field { max-width: none } }
`);

export const cell = (className, ...children) => h("td", { class: className, role: "cell" }, children);

/** A subclass has the members that are called below, and sets `isStale` when other rows may have to be shown. */
export class Table extends LiveElement {
  #stops = [];
  #connection = null;
  #form = null;
  #sortedAt = 0;
  #order = new Map();
  #items = [];
  #isNarrow = null;
  #parts = {};
  #resizes = new ResizeObserver(() => this.#resized());

  isStale = true;
  search = "";
  showsHidden = false;
  choice = { column: "", sign: 1, filter: "all" };

  constructor(styles) {
    super(tableStyles, styles);
  }

  connected() {
    this.#resizes.observe(this);
    this.#parts.virtual?.connect();
  }

  disconnected() {
    this.#resizes.disconnect();
    this.#parts.virtual?.disconnect();
    for (const stop of this.#stops.splice(0)) stop();
    this.#connection = null;
  }

  tick() {
    this.changed();
  }

  get inventory() {
    return inventoryOf(this.hass);
  }

  get #memory() {
    return `${this.kind}:${location.pathname}:${this.config.area_id ?? ""}`;
  }

  renewed = () => {
    this.isStale = true;
    this.changed();
  };

  onEnd(stop) {
    this.#stops.push(stop);
  }

  #connect() {
    if (this.#connection === this.hass.connection) return;
    this.#connection = this.hass.connection;
    this.hiddenStore = hiddenOf(this.hass);
    for (const store of [this.inventory, this.hiddenStore]) {
      store.addEventListener("change", this.renewed);
      this.onEnd(() => store.removeEventListener("change", this.renewed));
    }
    this.choice = recall(this.#memory, this.choice);
    this.subscribe();
  }

  update() {
    this.#connect();
    const { value, error } = this.inventory;
    if (error) this.#replace("failed", () => note("alert", t(this.hass, "board.not_running")));
    else if (!value) this.#replace("loading", () => bones(t(this.hass, "board.loading")));
    else if (this.isEmpty(value)) this.#replace("empty", () => this.empty());
    else this.#updateTable(value);
  }

  #replace(form, create) {
    if (this.#form === form) return;
    this.#form = form;
    this.#parts.virtual?.disconnect();
    this.#parts = {};
    this.shadowRoot.replaceChildren(h("ha-card", { "aria-busy": form === "loading" ? "true" : null }, create()));
  }

  #updateTable(value) {
    this.#replace("table", () => this.#createTable());
    const rows = this.rows(value);
    const isDue = this.isLive && Date.now() - this.#sortedAt >= SORT_EVERY_MS && !this.#isBusy;
    if (isDue || !this.#sortedAt) {
      this.#order = new Map(this.arrange(rows).map(({ id }, index) => [id, index]));
      this.#sortedAt = Date.now();
      this.isStale = true;
    }
    if (this.isStale) this.#choose(rows);
    this.#parts.virtual.show(this.#items);
    this.#updateNotes();
  }

  /** The card picker, unlike the editor, does not say that it shows a preview. */
  get #isPreview() {
    return this.preview || this.getRootNode().host?.localName === "hui-card-picker";
  }

  /** While pointer or focus is in the card, nothing moves. */
  get #isBusy() {
    return this.matches(":focus-within") || (CAN_HOVER.matches && this.matches(":hover"));
  }

  #choose(rows) {
    this.isStale = false;
    const { table, counts, back } = this.#parts;
    const hiddenIds = this.hiddenStore.ids(this.hiddenList);
    const shown = rows.filter((row) => (this.showsHidden || !hiddenIds.has(row.id)) && this.isShown(row));
    shown.sort((a, b) => (this.#order.get(a.id) ?? Infinity) - (this.#order.get(b.id) ?? Infinity));
    this.#items = this.grouped?.(shown) ?? shown;
    if (this.#isPreview) this.#items = this.#items.slice(0, PREVIEW_ROWS);
    setAttribute(table, "aria-rowcount", this.#items.length + 1);
    this.#updateHeader();
    const counted = rows.filter(({ id }) => !hiddenIds.has(id));
    const count = rows.length - counted.length;
    this.updateTools(counted);
    const summary = this.summary(counted.length, shown.length);
    setText(counts, count ? `${summary} · ${t(this.hass, "board.hidden", { count })}` : summary);
    back.hidden = count === 0;
    setText(back, t(this.hass, this.showsHidden ? "board.done" : "board.show_hidden", { count }));
  }

  #createTable() {
    const heads = this.columns.map((column) => this.#head(column));
    const body = h("tbody", { role: "rowgroup" });
    const head = h("thead", { role: "rowgroup" }, h("tr", { role: "row", "aria-rowindex": 1 }, heads));
    const table = h("table", { role: "table", "aria-label": t(this.hass, `${this.kind}.title`) }, head, body);
    const showHidden = () => {
      this.showsHidden = !this.showsHidden;
      this.renewed();
    };
    const [notes, counts, back] = [h("div", { role: "status" }), h("span"), button("", showHidden)];
    const kindOf = (row) => this.kindOf(row);
    const virtual = new VirtualRows(body, { kindOf, create: (row) => this.view(row), onmove: () => this.changed() });
    this.#parts = { heads, table, notes, counts, back, virtual };
    this.isStale = true;
    return [h("div.tools", this.#searchField(), this.createTools()), notes, table, h("div.foot", counts, back)];
  }

  #searchField() {
    const label = t(this.hass, `${this.kind}.search`);
    const input = h("input", { type: "search", "aria-label": label, placeholder: label });
    input.addEventListener("input", () => {
      this.search = input.value.trim().toLowerCase();
      this.renewed();
    });
    this.input = input;
    return h("label.field", icon("magnify"), input);
  }

  #head({ name, class: className, isSortable = true }) {
    const text = t(this.hass, `${this.kind}.${name}`);
    const content = isSortable ? h("button", { onclick: () => this.sortBy(name) }, icon("arrow-up"), text) : name === "more" ? hiddenText(text) : text;
    return h("th", { class: className, role: "columnheader", scope: "col" }, content);
  }

  #updateHeader() {
    const { column, sign } = this.choice;
    this.columns.forEach(({ name, isSortable = true }, index) => {
      if (!isSortable) return;
      const head = this.#parts.heads[index];
      const arrow = head.querySelector("ha-icon");
      arrow.hidden = name !== column;
      setAttribute(head, "aria-sort", arrow.hidden ? "none" : sign > 0 ? "ascending" : "descending");
      setAttribute(arrow, "icon", sign > 0 ? "mdi:arrow-up" : "mdi:arrow-down");
    });
  }

  /** Sort by a column; the second time in the other direction, the third time as at first. */
  sortBy(column) {
    const first = this.firstSign(column);
    if (column !== this.choice.column) this.choose({ column, sign: first });
    else if (this.choice.sign === first) this.choose({ sign: -first });
    else this.choose({ column: "", sign: 1 });
  }

  choose(choice) {
    this.choice = { ...this.choice, ...choice };
    remember(this.#memory, this.choice);
    this.sortNow();
  }

  sortNow() {
    this.#sortedAt = 0;
    this.changed();
  }

  openSortMenu(anchor) {
    const sign = (name) => (name === this.choice.column ? "check" : "blank");
    const columns = this.columns.filter(({ isSortable = true }) => isSortable);
    const item = ({ name }) => ({ label: t(this.hass, `${this.kind}.${name}`), icon: sign(name), run: () => this.sortBy(name) });
    const natural = { label: t(this.hass, `${this.kind}.natural`), icon: sign(""), run: () => this.choose({ column: "", sign: 1 }) };
    openMenu(anchor, [natural, ...columns.map(item)], { label: t(this.hass, "board.sort") });
  }

  isHidden(id) {
    return this.hiddenStore.ids(this.hiddenList).has(id);
  }

  hideItem(id) {
    const isHidden = this.isHidden(id);
    const run = () => this.hiddenStore.set(this.hiddenList, id, !isHidden).catch(this.renewed);
    return { label: t(this.hass, isHidden ? "board.unhide" : "board.hide"), icon: isHidden ? "eye" : "eye-off", run };
  }

  #updateNotes() {
    const { hass } = this;
    const { notes } = this.#parts;
    const isLost = hass.connected === false;
    const isAway = !isLost && !this.inventory.broker;
    const isNothing = this.#items.length === 0;
    const clear = () => {
      this.search = this.input.value = "";
      this.choose({ filter: "all", area: "", device: "" });
    };
    renderOnce(notes, [isLost, isAway, isNothing, hass.language], () => [
      isLost && note("lan-disconnect", t(hass, "board.disconnected")),
      isAway && note("lan-disconnect", t(hass, "board.broker_away")),
      isNothing && note("magnify", t(hass, `${this.kind}.nothing`), button("", clear, t(hass, "board.clear"))),
    ]);
  }

  #resized() {
    const isNarrow = this.clientWidth <= NARROW_PX;
    if (isNarrow !== this.#isNarrow) this.#parts.virtual?.forgetHeights();
    this.#isNarrow = isNarrow;
    this.changed();
  }
}

/** Return the form of a table without rows: a first step of a new installation. */
export const firstStep = (hass, name, digit, content, waitIcon) =>
  h("div", { class: "void" },
    h("div.k", h("i", { "aria-hidden": "true" }, digit), t(hass, `first.${name}.title`)),
    h("p", t(hass, `first.${name}.text`)), content,
    h("span.sp"), h("div.wait", icon(waitIcon), t(hass, `first.${name}.wait`)));
