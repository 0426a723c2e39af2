// Content of the more-info dialog of an alarm rule: its alarms, and everything about one of them.
import { AlarmActions } from "./alarm-actions.js";
import { chartStyles, createChart } from "./alarm-chart.js";
import { historyStyles } from "./alarm-history.js";
import { createAlarmRow, rowStyles, statusLine } from "./alarm-row.js";
import {
  SEVERITY_CLASSES, SEVERITY_ICONS, commentText, limitText, liveValue, nextText, stateText, titleOf, valueText,
} from "./alarm-texts.js";
import { StableOrder, followAlarms, isWaiting, linkedAlarm, takeOpened } from "./alarms.js";
import { KeyedList, h, icon, keepFocus, openMoreInfo, renderOnce, setText } from "./dom.js";
import { age, clock, duration, isToday, measure, moment, secondsSince, until } from "./formats.js";
import { LiveElement } from "./live-element.js";
import { sheet } from "./styles.js";
import { languageOf, t } from "./texts.js";

const MAX_NORMAL = 10;
const RETRY_MS = 5000;

const infoStyles = sheet(`
:host { container-type: inline-size }
.place { display: inline-flex; align-items: center; min-height: 44px; margin: -12px 0; color: var(--secondary-text-color) } .place ha-icon { --mdc-icon-size: 18px }
.big { display: flex; align-items: baseline; flex-wrap: wrap; gap: 4px 12px } .big strong { font-size: 32px; font-weight: 500; line-height: 40px } .big b { font-weight: 500 }
.chips { display: flex; gap: 8px; margin: 4px 0 8px; flex-wrap: wrap }
h3 { font-size: 14px; font-weight: 500; margin: 16px 0 4px } p { line-height: 20px } .comment { margin: 8px 0 }
.help { display: flex; gap: 12px; padding: 12px; border-radius: 12px; background: color-mix(in srgb, var(--ink) 5%, transparent); line-height: 20px; white-space: pre-line; overflow-wrap: anywhere }
.rows { border: 1px solid var(--divider-color); border-radius: 12px; overflow: clip; margin-bottom: 16px } .rows:empty { display: none }
.back { padding: 0 12px 0 4px; background: none; margin-bottom: 4px }
.acting { position: sticky; bottom: 0; z-index: 2; margin: 12px -24px 8px; padding: 12px 24px; border-top: 1px solid var(--divider-color); border-bottom: 1px solid var(--divider-color); background: var(--ha-dialog-surface-background, var(--card-background-color)) }
.acting .bar { display: flex; gap: 8px } .acting .btn.main { flex: 1 } .acting .btn.ico { background: color-mix(in srgb, var(--ink) 8%, transparent); border-radius: 12px; width: 48px }
.acting .state { display: flex; align-items: center; gap: 8px; min-height: 44px; margin-bottom: 8px; line-height: 18px } .acting .state span { flex: 1; font-weight: 500 } .acting .state small { display: block; font-weight: 400; color: var(--secondary-text-color) }
.acting .state:empty { display: none }
@container (max-width: 480px) { .acting { margin-inline: -16px; padding-inline: 16px } .acting .btn { padding: 0 12px } }
`);

export default class AlarmInfo extends LiveElement {
  #state = null;
  #order = new StableOrder();
  #unfollow = null;
  #ruleId = null;
  #selected;
  #details = null;
  #asked = null;
  #normal = null;
  #forecast = null;
  #parts;
  #list;
  #chart;

  constructor() {
    super(rowStyles, ...historyStyles, chartStyles, infoStyles);
    this.actions = new AlarmActions(this);
    this.#chart = createChart(() => this.changed());
    const names = ["note", "back", "place", "big", "chips", "help", "chain", "before", "forecast"];
    this.#parts = Object.fromEntries(names.map((name) => [name, h("div")]));
    const { note, back, place, big, chips, help, chain, before, forecast } = this.#parts;
    big.className = "big";
    chips.className = "chips";
    this.#parts.rows = h("ul", { class: "rows" });
    this.#parts.status = h("div", { class: "state", role: "status" });
    this.#parts.bar = h("div", { class: "bar" });
    this.#parts.acting = h("div", { class: "acting" }, this.#parts.status, this.#parts.bar);
    this.#parts.detail = h("div", null, back, place, big, chips, this.#chart.element, help, chain, forecast, before, this.#parts.acting);
    this.shadowRoot.append(note, this.#parts.rows, this.#parts.detail);
    const info = this;
    const context = {
      get hass() {
        return info.hass;
      },
      actions: this.actions,
      open: (row) => this.#select(row.entity_id),
      childrenOf: () => [],
      title: (row) => row.name,
    };
    this.#list = new KeyedList(this.#parts.rows, () => createAlarmRow(context));
  }

  connected() {
    // Home Assistant puts this content below its own history; what can be done comes first.
    const content = this.parentElement?.getRootNode()?.host;
    if (content?.localName === "more-info-content") content.style.order = "-1";
  }

  disconnected() {
    this.#unfollow?.();
    this.#unfollow = null;
    this.#ruleId = null;
  }

  tick() {
    this.changed();
  }

  #select(entityId) {
    this.#selected = entityId;
    this.changed();
  }

  #follow() {
    const ruleId = this.stateObj?.entity_id;
    if (!ruleId || ruleId === this.#ruleId) return;
    this.#unfollow?.();
    this.#ruleId = ruleId;
    this.#selected = takeOpened(ruleId);
    this.#state = this.#details = this.#asked = this.#normal = null;
    this.#unfollow = followAlarms(this.hass, (state) => {
      if (this.#selected === undefined && !this.#state?.rows.size) this.#selected = state.rows.get(linkedAlarm())?.entity_id;
      this.#state = state;
      this.changed();
    }, { entity_id: [ruleId] });
  }

  update() {
    this.#follow();
    const { hass } = this;
    const rows = this.#order.sort([...(this.#state?.rows.values() ?? [])], this.#parts.rows.matches(":hover, :focus-within"));
    this.#updateNote(hass);
    if (this.#state?.phase === "live" && !rows.length) this.#askNormal(hass);
    const row = this.#shownRow(rows);
    this.#list.update(row || rows.length < 2 ? [] : rows, (alarm) => alarm.id);
    this.#parts.detail.style.display = row ? "" : "none";
    if (row) this.#updateDetail(hass, row, rows.length);
  }

  /** Return the alarm whose details are shown; undefined while the list of several is. */
  #shownRow(rows) {
    if (this.#selected !== undefined) {
      const row = rows.find((alarm) => alarm.entity_id === this.#selected);
      if (row) return row;
      if (this.#details?.alarm?.entity_id === this.#selected) return this.#details.alarm;
      const [any] = rows;
      if (any && this.#details?.alarm !== null) {
        this.#ask(this.hass, { ...any, entity_id: this.#selected });
        return undefined;
      }
    }
    if (rows.length === 1) return rows[0];
    return rows.length === 0 && this.#normal?.length === 1 ? this.#details?.alarm : undefined;
  }

  #updateNote(hass) {
    const { phase, error, at } = this.#state ?? {};
    const isNormal = phase === "live" && this.#state.rows.size === 0 && this.#normal;
    const names = isNormal && this.#normal.length !== 1 ? this.#normal.slice(0, MAX_NORMAL).map((alarm) => alarm.alarm) : [];
    renderOnce(this.#parts.note, [phase, error, names, isNormal && this.#normal.length], () => {
      if (phase === "lost") return h("p", { class: "help" }, icon("lan-disconnect"), t(hass, "list.lost", { time: clock(hass, at ?? Date.now()) }));
      if (phase === "failed") return h("p", { class: "help" }, icon("alert"), error || t(hass, "list.failed"));
      if (!names.length) return [];
      const more = this.#normal.length - names.length;
      return [h("p", null, t(hass, "info.all_normal", { count: this.#normal.length })),
        h("p", { class: "dim" }, names.join(", "), more ? ` ${t(hass, "info.and_more", { count: more })}` : "")];
    });
  }

  async #askNormal(hass) {
    if (this.#normal) return;
    this.#normal = [];
    const message = { type: "iotbridge/alarms/list", target: { entity_id: [this.#ruleId] }, state: ["normal", "suppressed"] };
    try {
      ({ alarms: this.#normal } = await hass.callWS(message));
    } catch {
      return; // the state of the subscription says why
    }
    if (this.#normal.length === 1) this.#ask(hass, this.#normal[0]);
    this.changed();
  }

  async #ask(hass, row) {
    const key = JSON.stringify([row.rule_id, row.entity_id, row.episode, row.state, row.severity, row.notified?.length, row.next?.length]);
    if (key === this.#asked) return;
    this.#asked = key;
    const which = { rule_id: row.rule_id, entity_id: row.entity_id, language: languageOf(hass) };
    const ask = (type) => hass.callWS({ type: `iotbridge/alarms/${type}`, ...which });
    try {
      const details = await ask("details");
      const forecast = details.alarm?.active ? null : await ask("explain");
      if (key !== this.#asked) return; // another alarm is shown by now
      this.#details = details;
      this.#forecast = forecast;
    } catch {
      setTimeout(() => (this.#asked = key === this.#asked ? null : this.#asked), RETRY_MS);
      return; // an alarm that ended meanwhile
    }
    this.changed();
  }

  #updateDetail(hass, row, count) {
    this.#ask(hass, row);
    const details = this.#details?.alarm?.entity_id === row.entity_id ? this.#details : null;
    renderOnce(this.#parts.back, [count > 1, titleOf(hass, row)], () =>
      count > 1 ? [h("button", { class: "btn back", type: "button", onclick: () => this.#select(undefined) }, icon("arrow-left"), t(hass, "info.all", { count })),
        h("h3", null, row.name)] : []);
    this.#updateHead(hass, row);
    this.#chart.update(hass, row);
    this.#updateHelp(hass, row);
    this.#updateChain(hass, row, details);
    this.#updateForecast(hass, row, details);
    this.#updateBefore(hass, details?.before);
    const { acting, bar } = this.#parts;
    keepFocus(acting, () => this.#updateActing(hass, row), () => bar.querySelector("button:not([disabled])"));
  }

  #updateHead(hass, row) {
    const place = row.entity_id ? [row.area, row.name].filter(Boolean).join(" · ") : null;
    renderOnce(this.#parts.place, place, () => {
      const open = () => openMoreInfo(this, row.entity_id);
      return place ? h("button", { class: "place", type: "button", onclick: open }, place, icon("chevron-right")) : [];
    });
    const value = liveValue(hass, row);
    const text = value !== null ? valueText(hass, row, value) : row.value || stateText(hass, row);
    const beyond = value !== null && row.limit !== null && row.side ? (row.side === "above" ? value - row.limit : row.limit - value) : null;
    const isBeyond = beyond !== null && beyond > 0;
    const limit = row.limit !== null ? limitText(hass, row) : null;
    const head = [text, isBeyond ? t(hass, `info.${row.side}`, { difference: measure(hass, Number(beyond.toPrecision(3)), row.unit) }) : null, limit, row.reason];
    renderOnce(this.#parts.big, head, () => [
      h("strong", { class: "num" }, text),
      isBeyond ? h("span", null, h("b", null, head[1]), ` ${t(hass, "info.of", { limit })}`) : h("span", { class: "dim" }, limit ? t(hass, "info.limit", { limit }) : row.reason),
    ]);
    const word = t(hass, `severity.${row.severity}`);
    const style = row.state === "normal" ? "" : SEVERITY_CLASSES[row.severity];
    const chips = [
      [style, SEVERITY_ICONS[row.severity], word],
      ["", row.state === "acknowledged" ? "account-check" : null, stateText(hass, row)],
      row.active && row.raised_at ? ["", null, t(hass, "info.for", { age: age(hass, secondsSince(row.raised_at)) })] : null,
      row.cause ? ["", "subdirectory-arrow-right", t(hass, "info.cause", { name: row.cause.name })] : null,
      ...row.suppressed.filter(({ reason }) => reason !== "parent").map(({ text: why }) => ["", "wrench", why]),
    ].filter(Boolean);
    renderOnce(this.#parts.chips, chips, () => chips.map(([kind, name, label]) => h("span", { class: `chip ${kind}` }, name ? icon(name) : null, label)));
  }

  #updateHelp(hass, row) {
    const comment = commentText(hass, row);
    renderOnce(this.#parts.help, [row.instructions, comment], () => [
      comment ? h("p", { class: "comment" }, comment) : null,
      row.instructions ? [h("h3", null, t(hass, "info.instructions")), h("div", { class: "help" }, icon("wrench"), h("span", null, row.instructions))] : null,
    ].flat());
  }

  #updateChain(hass, row, details) {
    const next = row.state === "unacknowledged" ? (details?.next ?? row.next) : [];
    const chain = details?.chain ?? [];
    const sentences = next.map((step) => nextText(hass, step));
    const shape = [chain, next.map(({ at, group }) => [at, group]), row.tells_nobody && row.active, hass.locale];
    renderOnce(this.#parts.chain, shape, () => {
      if (!chain.length && !next.length) return [];
      return [h("h3", null, t(hass, "info.chain")), h("ul", { class: "time" },
        chain.map((event) => h("li", { class: eventClass(event, row) }, h("span", null, event.text, event.comment && !event.text.includes(event.comment) ? ` ${t(hass, "alarm.quote", { comment: event.comment })}` : ""), h("span", { class: "num" }, when(hass, event.at)))),
        next.map((step, index) => h("li", { class: "next" }, h("span", { class: "num", "data-next": index }, sentences[index]), h("span", { class: "num" }, when(hass, step.at)))),
        row.tells_nobody && row.active ? h("li", { class: "next" }, h("span", null, t(hass, "alarm.no_group")), h("span")) : null)];
    });
    this.#parts.chain.querySelectorAll("[data-next]").forEach((element, index) => setText(element, sentences[index]));
  }

  #updateForecast(hass, row, details) {
    const texts = details && !row.active ? (this.#forecast?.text ?? []) : [];
    renderOnce(this.#parts.forecast, texts, () =>
      texts.length ? [h("h3", null, t(hass, "info.forecast")), h("ul", null, texts.map((text) => h("li", null, text)))] : []);
  }

  #updateBefore(hass, before) {
    renderOnce(this.#parts.before, [before ?? null, hass.locale], () => {
      if (!before) return [];
      if (!before.last) return [h("h3", null, t(hass, "info.before")), h("p", { class: "dim" }, t(hass, "info.never", { days: before.days }))];
      const words = [t(hass, "info.often", { count: before.count, days: before.days, average: duration(hass, before.average_s ?? 0) })];
      const { last } = before;
      if (last) {
        words.push(t(hass, "info.last", { moment: moment(hass, last.raised_at) }));
        if (last.acknowledged_by) words.push(t(hass, "info.last_acknowledged", { who: last.acknowledged_by, after: duration(hass, last.acknowledged_after_s ?? 0) }));
      }
      return [h("h3", null, t(hass, "info.before")), h("p", { class: "dim" }, words.join(" "))];
    });
  }

  #updateActing(hass, row) {
    const { actions } = this;
    const now = actions.status(row);
    const isBusy = now?.phase === "busy";
    const title = titleOf(hass, row);
    renderOnce(this.#parts.status, [now?.phase, now?.text, row.can_control, row.controllers], () =>
      statusLine(hass, now, row.can_control ? null : row));
    const button = (style, name, text, onclick, more = {}) => h("button", { class: `btn ${style}`, type: "button", disabled: isBusy, onclick, ...more }, icon(name), text);
    renderOnce(this.#parts.bar, [row.state, row.can_control, isBusy, row.id, title, row.device_id, hass.locale.language], () => {
      const menu = h("button", { class: "btn ico", type: "button", "aria-haspopup": "menu", "aria-label": t(hass, "action.more", { name: title }),
        onclick: (event) => actions.openMoreMenu(event.currentTarget, this.#current(row), { name: title }) }, icon("dots-vertical"));
      if (!row.can_control) return [menu];
      const snooze = row.state === "snoozed"
        ? button(isWaiting(row) ? "" : "main", "undo", t(hass, "action.take_back_snooze"), () => actions.unsnooze(this.#current(row)))
        : button("", "alarm-snooze", [t(hass, "action.snooze"), icon("menu-down")], (event) => actions.openSnoozeMenu(event.currentTarget, this.#current(row)), { "aria-haspopup": "menu" });
      const main = isWaiting(row)
        ? button("main", "check", t(hass, "action.acknowledge"), () => actions.acknowledge(this.#current(row)))
        : row.state === "acknowledged" ? button("main", "undo", t(hass, "action.take_back"), () => actions.unacknowledge(this.#current(row))) : null;
      return [main, snooze, menu];
    });
  }

  /** Return the alarm as it is now, for a button that was drawn earlier. */
  #current(row) {
    return this.#state?.rows.get(row.id) ?? row;
  }
}

const eventClass = ({ event }, row) =>
  event === "raised" || event === "worsened" ? SEVERITY_CLASSES[row.severity] : event === "cleared" ? "good" : "";

const when = (hass, at) => (isToday(hass, at) ? clock(hass, at) : secondsSince(at) < 0 ? until(hass, at) : moment(hass, at));
