// Card with one block of alarms.
import { AlarmActions } from "./alarm-actions.js";
import { createHistory, historyStyles } from "./alarm-history.js";
import { createAlarmRow, createMaintenanceRow, createSilentRow, createSnoozedRow, rowStyles } from "./alarm-row.js";
import { titleOf } from "./alarm-texts.js";
import { StableOrder, followAlarms, isSilent, isWaiting, openAlarm } from "./alarms.js";
import { INTEGRATION_PATH, KeyedList, LiveElement, bones, button, fire, h, icon, navigate, note, renderOnce, setText, sheet } from "./dom.js";
import { clock } from "./formats.js";
import { openForm } from "./menu.js";
import { t } from "./texts.js";

const MAX_ROWS = 30;
const OPEN_STATES = new Set(["unacknowledged", "returned_unacknowledged", "acknowledged"]);

const listStyles = sheet(`
.well { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 4px 20px; align-items: center; padding: 28px 24px }
.well > ha-icon { --mdc-icon-size: 64px; color: var(--success-color); grid-row: span 2 }
.well.first > ha-icon { color: var(--calm) } .well b { font-size: 20px; font-weight: 500; line-height: 26px } .well p { line-height: 20px; color: var(--secondary-text-color) }
.well .btn { grid-column: 2; justify-self: start; margin-top: 8px }
@container (max-width: 480px) { .well { gap: 4px 12px; padding: 20px 16px } .well > ha-icon { --mdc-icon-size: 40px } .well b { font-size: 16px; line-height: 22px } }
`);

const BLOCKS = {
  needs_you: { icon: "bell-ring", has: (row) => OPEN_STATES.has(row.state) && !isSilent(row), row: createAlarmRow },
  silent: { icon: "access-point-off", has: (row) => OPEN_STATES.has(row.state) && isSilent(row), row: createSilentRow },
  maintenance: { icon: "wrench", row: createMaintenanceRow },
  snoozed: {
    icon: "alarm-snooze",
    has: (row) => row.state === "snoozed" || row.state === "out_of_service" || isSuppressedAlone(row),
    row: createSnoozedRow,
  },
  history: { icon: "history" },
};

const isSuppressedAlone = (row) =>
  row.state === "suppressed" && row.suppressed.some(({ reason }) => reason === "by_hand" || reason === "flapping");

export default class AlarmList extends LiveElement {
  #state = { phase: "loading", rows: new Map(), maintenance: [], total: 0 };
  #unfollow = null;
  #order = new StableOrder();
  #announced = null;
  #isLong = false;
  #list = null;
  #history = null;
  #parts = {};
  #shown = null;

  constructor() {
    super(rowStyles, historyStyles, listStyles);
    this.actions = new AlarmActions(this);
    const parts = {
      heading: h("div.heading"),
      note: h("div"),
      list: h("ul"),
      empty: h("div"),
      foot: h("div"),
      live: h("div.sr", { role: "status", "aria-live": "polite" }),
    };
    this.#parts = parts;
    parts.card = h("ha-card", parts.note, parts.list, parts.empty, parts.foot);
    this.shadowRoot.append(parts.heading, parts.card, parts.live);
    for (const type of ["pointerleave", "focusout"]) this.addEventListener(type, () => this.changed());
  }

  connected() {
    if (this.hass) this.#follow();
  }

  disconnected() {
    this.#unfollow?.();
    this.#unfollow = null;
  }

  #follow() {
    this.#unfollow ??= followAlarms(this.hass, (state) => {
      this.#state = state;
      this.changed();
    });
  }

  get #show() {
    return this.config.show ?? "needs_you";
  }

  tick() {
    this.changed();
  }

  update() {
    this.#follow();
    const { hass } = this;
    const block = BLOCKS[this.#show];
    if (this.#shown !== this.#show) this.#begin(block);
    const rows = this.#show === "history" ? [] : this.#rows(block);
    this.#updateHeading(hass, rows);
    this.#updateNote(hass);
    if (this.#history) this.#history.update(hass, targetOf(this.config) ?? {}, this.#state);
    else this.#updateList(rows);
    this.#updateEmpty(hass, rows);
    this.#updateFoot(hass, rows);
    this.#announce(hass);
    this.#hideWhenEmpty(rows);
  }

  #begin(block) {
    this.#shown = this.#show;
    this.#parts.list.replaceChildren();
    this.#history = null;
    if (this.#show === "history") {
      this.#history = createHistory(() => this.changed());
      this.#parts.list.replaceChildren(this.#history.element);
      return;
    }
    const childrenOf = (row) => row.children.map((id) => this.#state.rows.get(id)).filter(Boolean);
    this.#list = new KeyedList(this.#parts.list, () => block.row(this, { open: (row) => openAlarm(this, row), childrenOf }));
  }

  #rows(block) {
    if (this.#show === "maintenance") return this.#windows();
    const isOurs = (row) => this.#isInPlace(row) && (block.has(row) || (this.#order.has(row.id) && this.actions.status(row)));
    const rows = [...this.#state.rows.values()].filter(isOurs);
    return this.#order.sort(rows, this.matches(":hover") || this.matches(":focus-within"));
  }

  #windows() {
    const { device_id: deviceId, area_id: areaId } = this.config;
    const isInPlace = (entityId) => this.#isInPlace({ entity_id: entityId });
    return this.#state.maintenance
      .filter((window) => !(deviceId || areaId) || window.entities.some(isInPlace))
      .map((window) => ({ ...window, id: window.window_id ?? window.kind }));
  }

  #isInPlace(row) {
    const { device_id: deviceId, area_id: areaId, entity: rule } = this.config;
    if (rule && row.rule_entity_id && row.rule_entity_id !== rule) return false;
    if (!deviceId && !areaId) return true;
    const entity = this.hass.entities[row.entity_id];
    const device = this.hass.devices[entity?.device_id ?? row.device_id];
    if (deviceId) return device?.id === deviceId || device?.via_device_id === deviceId;
    return (entity?.area_id ?? device?.area_id) === areaId;
  }

  #updateList(rows) {
    this.#list.update(this.#isLong ? rows : rows.slice(0, MAX_ROWS));
  }

  #updateHeading(hass, rows) {
    const waiting = rows.filter((row) => isWaiting(row) && row.can_control);
    const data = [this.config.heading, this.config.title, this.#show, waiting.length > 1, hass.user?.is_admin];
    renderOnce(this.#parts.heading, data, () => {
      if (!this.config.heading && !this.config.title) return [];
      const title = this.config.title || t(hass, `list.${this.#show}`);
      return [icon(BLOCKS[this.#show].icon), h("h2", title), this.#headingButton(hass, waiting)];
    });
  }

  #headingButton(hass, waiting) {
    const opener = (name, key, open) =>
      button("", ({ currentTarget }) => open(currentTarget), h("span", icon(name), t(hass, key)), { "aria-haspopup": "dialog" });
    if (this.#show === "needs_you" && waiting.length > 1) return opener("check-all", "list.acknowledge_all", (anchor) => this.#askAll(anchor));
    if (this.#show !== "maintenance" || !hass.user?.is_admin) return null;
    return opener("plus", "list.start", (anchor) => this.actions.openStartMenu(anchor, targetOf(this.config) ?? { entity_id: "all" }));
  }

  #askAll(anchor) {
    const { hass } = this;
    const waiting = () => this.#rows(BLOCKS.needs_you).filter((row) => isWaiting(row) && row.can_control);
    openForm(hass, anchor, {
      title: t(hass, "list.acknowledge_all_title", { count: waiting().length }),
      text: t(hass, "list.acknowledge_all_text"),
      confirm: t(hass, "list.acknowledge_all"),
      icon: "check-all",
      run: () => waiting().forEach((row) => this.actions.acknowledge(row)),
    });
  }

  #updateNote(hass) {
    const { phase, at, error, total, rows } = this.#state;
    const count = rows.size;
    const text = { lost: at && t(hass, "list.lost", { time: clock(hass, at) }), failed: error || t(hass, "list.failed"), live: this.#show === "needs_you" && count < total && t(hass, "list.partial", { count, total }) }[phase];
    renderOnce(this.#parts.note, text || null, () => (text ? note(phase === "live" ? "alert" : "lan-disconnect", text) : []));
  }

  #updateEmpty(hass, rows) {
    const { phase } = this.#state;
    const isLoading = phase === "loading";
    const kind = isLoading ? "loading" : rows.length || this.#history || phase === "failed" ? null : this.#emptyKind(hass);
    this.#parts.card.setAttribute("aria-busy", isLoading && !this.#history);
    renderOnce(this.#parts.empty, [kind, this.#show, kind === "well" && ruleCounts(hass)], () => {
      if (kind === "loading" && !this.#history) return bones(t(hass, "list.loading"));
      if (kind === "first") {
        const add = () => navigate(INTEGRATION_PATH);
        return h("div.well.first", icon("bell-plus-outline"), h("b", t(hass, "list.first")), h("p", t(hass, "list.first_text")),
          hass.user?.is_admin ? button("main", add, [icon("plus"), t(hass, "list.first_add")]) : null);
      }
      if (kind === "well") {
        return h("div.well", icon("check-circle-outline"), h("b", t(hass, "list.well")), h("p", t(hass, "list.well_text", ruleCounts(hass))));
      }
      return kind ? h("div.rowb", icon("check"), h("div", h("span", t(hass, `list.empty_${this.#show}`)))) : [];
    });
  }

  #emptyKind(hass) {
    if (this.#show !== "needs_you") return "empty";
    return ruleCounts(hass).count ? "well" : "first";
  }

  #updateFoot(hass, rows) {
    const all = [...this.#state.rows.values()].filter((row) => this.#isInPlace(row));
    const counts = {
      acknowledged: rows.filter((row) => row.state === "acknowledged").length,
      snoozed: all.filter((row) => row.state === "snoozed").length,
    };
    const more = this.#isLong ? 0 : Math.max(0, rows.length - MAX_ROWS);
    const isNeeded = this.#show === "needs_you" && this.#state.phase !== "loading" && (rows.length > 0 || this.config.history_path);
    renderOnce(this.#parts.foot, [counts, more, isNeeded, this.config.history_path, this.#show], () => {
      const words = Object.entries(counts).filter(([, count]) => count).map(([name, count]) => t(hass, `list.count_${name}`, { count }));
      const history = () => navigate(this.config.history_path);
      const showAll = () => {
        this.#isLong = true;
        this.changed();
      };
      return [
        isNeeded && words.length ? h("span", words.join(" · ")) : null,
        more ? button("", showAll, t(hass, "list.more", { count: more })) : null,
        isNeeded && this.config.history_path ? button("", history, [t(hass, "list.history"), icon("arrow-right")]) : null,
      ];
    });
    this.#parts.foot.className = this.#parts.foot.hasChildNodes() ? "foot" : "";
  }

  /** Announce new unacknowledged alarms to screen readers, politely; values and countdowns never. */
  #announce(hass) {
    if (this.#show !== "needs_you" || this.#state.phase !== "live") return;
    const waiting = [...this.#state.rows.values()].filter((row) => row.state === "unacknowledged" && this.#isInPlace(row));
    const fresh = waiting.filter((row) => this.#announced && !this.#announced.has(`${row.id} ${row.episode}`));
    this.#announced = new Set(waiting.map((row) => `${row.id} ${row.episode}`));
    if (fresh.length) setText(this.#parts.live, t(hass, "list.new", { names: fresh.map((row) => titleOf(hass, row)).join(", ") }));
  }

  #hideWhenEmpty(rows) {
    const card = this.parentElement;
    const { device_id: deviceId, area_id: areaId, heading } = this.config;
    const isMain = this.#show === "needs_you" && !deviceId && !areaId;
    const isHidden = Boolean(heading && !isMain && !this.#history && !rows.length && !card.preview && this.#state.phase !== "failed");
    if (card.hidden === isHidden) return;
    card.hidden = isHidden;
    card.style.display = isHidden ? "none" : "block";
    fire(card, "card-visibility-changed", { value: !isHidden });
  }
}

const targetOf = ({ device_id: deviceId, area_id: areaId }) =>
  deviceId ? { device_id: [deviceId] } : areaId ? { area_id: [areaId] } : null;

const ruleCounts = (hass) => {
  if (ruleCounts.of !== hass.entities) {
    ruleCounts.of = hass.entities;
    ruleCounts.ids = Object.values(hass.entities)
      .filter((entity) => entity.platform === "iotbridge" && entity.translation_key === "alarm" && entity.entity_id.startsWith("binary_sensor."))
      .map((entity) => entity.entity_id);
  }
  const entities = ruleCounts.ids.reduce((sum, id) => sum + (hass.states[id]?.attributes.total ?? 0), 0);
  return { count: ruleCounts.ids.length, entities };
};
