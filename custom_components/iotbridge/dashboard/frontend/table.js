// Base of both tables: tool bar, header, rows near the view, footer; the order rests while somebody is in the card.
import { h, hiddenText, icon, setAttribute, setText } from "./dom.js";
import { hiddenOf, recall, remember } from "./hidden.js";
import { inventoryOf } from "./inventory.js";
import { LiveElement } from "./live-element.js";
import { openMenu } from "./menu.js";
import { tables } from "./table-styles.js";
import { t } from "./texts.js";
import { VirtualRows } from "./virtual-rows.js";

const SORT_EVERY_MS = 10_000;
const NARROW_PX = 720;
/** Rows in the card picker and in the editor. */
const PREVIEW_ROWS = 5;
const CAN_HOVER = matchMedia("(hover: hover)");

/**
 * A subclass has `kind` (prefix of its texts), `columns`, `rows()`, `arrange(rows)`, `isShown(row)`, `view(row)` and others
 * that are called below. It sets `isStale` when other rows may have to be shown.
 */
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
    super(tables, styles);
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
    else if (!value) this.#replace("loading", () => this.#bones());
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

  /** Choose the rows that are shown, count them, and bring everything around them up to date. */
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
    const [notes, counts, back] = [h("div", { role: "status" }), h("span"), h("button", { class: "btn", onclick: showHidden })];
    const kindOf = (row) => this.kindOf(row);
    const virtual = new VirtualRows(body, { kindOf, create: (row) => this.view(row), onmove: () => this.changed() });
    this.#parts = { heads, table, notes, counts, back, virtual };
    this.isStale = true;
    return [h("div", { class: "tools" }, this.#searchField(), this.createTools()), notes, table, h("div", { class: "foot" }, counts, back)];
  }

  #searchField() {
    const label = t(this.hass, `${this.kind}.search`);
    const input = h("input", { type: "search", "aria-label": label, placeholder: label });
    input.addEventListener("input", () => {
      this.search = input.value.trim().toLowerCase();
      this.renewed();
    });
    this.input = input;
    return h("label", { class: "field" }, icon("magnify"), input);
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

  /** Return the item of a row's menu that hides it, or shows it again. */
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
    const key = [isLost, isAway, isNothing, hass.language].join();
    if (notes.key === key) return;
    notes.key = key;
    const clear = () => {
      this.search = this.input.value = "";
      this.choose({ filter: "all", area: "", device: "" });
    };
    notes.replaceChildren(
      ...[
        isLost && note("lan-disconnect", t(hass, "board.disconnected")),
        isAway && note("lan-disconnect", t(hass, "board.broker_away")),
        isNothing && note("magnify", t(hass, `${this.kind}.nothing`), h("button", { class: "btn", onclick: clear }, t(hass, "board.clear"))),
      ].filter(Boolean),
    );
  }

  #bones() {
    const bone = (width) => h("i", { class: "bone", style: `width:${width}%` });
    const row = (width) => h("li", { class: "rowb" }, icon(this.icon), h("div", { style: "display:grid;gap:8px" }, bone(width), bone(width / 2)));
    return [hiddenText(t(this.hass, "board.loading")), h("ul", null, [58, 40, 50].map(row))];
  }

  #resized() {
    const isNarrow = this.clientWidth <= NARROW_PX;
    if (isNarrow !== this.#isNarrow) this.#parts.virtual?.forgetHeights();
    this.#isNarrow = isNarrow;
    this.changed();
  }
}

const note = (name, text, button) => h("div", { class: "note" }, icon(name), h("span", null, text), button);
