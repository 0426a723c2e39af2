// More-info dialog of an alarm rule: its alarms, one of them in detail, and what happened before.
import { AlarmActions, timeField } from "./alarm-actions.js";
import { chartStyles, createChart } from "./alarm-chart.js";
import { causeText, episodeLine, historyStyles, lengthText } from "./alarm-history.js";
import { createAlarmRow, rowStyles, statusLine } from "./alarm-row.js";
import {
  commentText, limitText, liveValue, nextText, stateText, titleOf, valueText,
} from "./alarm-texts.js";
import { SEVERITIES, SEVERITY_CLASSES, SEVERITY_ICONS, StableOrder, followAlarms, isWaiting, linkedAlarm, takeOpened } from "./alarms.js";
import {
  KeyedList, LiveElement, button, dotsButton, h, icon, keepFocus, openMoreInfo, renderOnce, setText, sheet,
} from "./dom.js";
import { age, clock, duration, isToday, measure, moment, secondsSince, until } from "./formats.js";
import { openForm, openMenu } from "./menu.js";
import { languageOf, t } from "./texts.js";

const MAX_NORMAL = 10;
const MAX_BEFORE = 5;
const RETRY_MS = 5000;
const EVENING_HOUR = 23;
const PARTS = ["notice", "ways", "past", "where", "big", "chips", "advice", "chain", "assumed", "before", "bar"];

const infoStyles = sheet(`
:host { container-type: inline-size }
.place { display: inline-flex; align-items: center; min-height: 44px; margin: -12px 0; color: var(--secondary-text-color) } .place ha-icon { --mdc-icon-size: 18px }
.big { display: flex; align-items: baseline; flex-wrap: wrap; gap: 4px 12px } .big strong { font-size: 32px; font-weight: 500; line-height: 40px } .big b { font-weight: 500 }
.chips { display: flex; gap: 8px; margin: 4px 0 8px; flex-wrap: wrap }
h3 { font-size: 14px; font-weight: 500; margin: 16px 0 4px } p { line-height: 20px } .comment { margin: 8px 0 }
.help { display: flex; gap: 12px; padding: 12px; border-radius: 12px; background: color-mix(in srgb, var(--ink) 5%, transparent); line-height: 20px; white-space: pre-line; overflow-wrap: anywhere }
.rows { border: 1px solid var(--divider-color); border-radius: 12px; overflow: clip; margin-bottom: 16px } .rows:empty { display: none }
.back { padding: 0 12px 0 4px; background: none; margin-bottom: 4px } .chips .btn { background: none; border: 1px solid var(--divider-color); border-radius: 22px; padding: 0 8px 0 16px }
.acting { position: sticky; bottom: 0; z-index: 2; margin: 12px -24px 8px; padding: 12px 24px; border-top: 1px solid var(--divider-color); border-bottom: 1px solid var(--divider-color); background: var(--ha-dialog-surface-background, var(--card-background-color)) }
.acting .bar { display: flex; gap: 8px } .acting .btn.main { flex: 1 } .acting .btn.ico { background: color-mix(in srgb, var(--ink) 8%, transparent); border-radius: 12px; width: 48px }
.acting .state { margin-bottom: 8px }
@container (max-width: 480px) { .acting { margin-inline: -16px; padding-inline: 16px } .acting .btn { padding: 0 12px } }
`);

export default class AlarmInfo extends LiveElement {
  #state = null;
  #order = new StableOrder();
  #unfollow = null;
  #ruleId = null;
  /** Alarm or episode; undefined while the whole rule is shown. */
  #selected;
  #details = null;
  #asked = null;
  #normal = null;
  /** Severity and time of the explanation; without them that of the rule, and now. */
  #assumed = {};
  #isLong = false;
  #parts;
  #list;
  #chart;

  constructor() {
    super(rowStyles, historyStyles, chartStyles, infoStyles);
    this.actions = new AlarmActions(this);
    this.#chart = createChart(() => this.changed());
    const parts = Object.fromEntries(PARTS.map((name) => [name, h(`div.${name}`)]));
    parts.rows = h("ul.rows");
    parts.forecast = h("div", { role: "status" });
    parts.status = h("div.state", { role: "status" });
    parts.acting = h("div.acting", parts.status, parts.bar);
    parts.top = h("div", parts.where, parts.big, parts.chips, this.#chart.element, parts.advice);
    parts.bottom = h("div", parts.assumed, parts.forecast, parts.before, parts.acting);
    parts.detail = h("div", parts.ways, parts.past, parts.top, parts.chain, parts.bottom);
    this.#parts = parts;
    this.shadowRoot.append(parts.notice, parts.rows, parts.detail);
    const options = { open: (row) => this.#select(present(row)), childrenOf: () => [], titleIn: ({ name }) => name };
    this.#list = new KeyedList(parts.rows, () => createAlarmRow(this, options));
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

  #select(selected) {
    this.#selected = selected;
    this.#asked = null;
    this.#assumed = {};
    this.#isLong = false;
    this.changed();
  }

  #follow() {
    const ruleId = this.stateObj?.entity_id;
    if (!ruleId || ruleId === this.#ruleId) return;
    this.#unfollow?.();
    this.#ruleId = ruleId;
    this.#state = this.#details = this.#normal = null;
    this.#select(takeOpened(ruleId));
    this.#unfollow = followAlarms(this.hass, (state) => {
      const linked = this.#state?.rows.size ? null : state.rows.get(linkedAlarm());
      if (linked) this.#selected ??= present(linked);
      this.#state = state;
      this.changed();
    }, { entity_id: [ruleId] });
  }

  update() {
    this.#follow();
    const { rows: list, detail } = this.#parts;
    const rows = this.#order.sort([...(this.#state?.rows.values() ?? [])], list.matches(":hover, :focus-within"));
    this.#updateNote();
    if (this.#state?.phase === "live" && !rows.length) this.#askNormal();
    const row = this.#shownRow(rows);
    this.#list.update(row || rows.length < 2 ? [] : rows);
    detail.hidden = !row;
    if (row) this.#updateDetail(row, rows.length || this.#normal?.length);
  }

  #shownRow(rows) {
    const known = this.#details?.alarm;
    if (!this.#selected) return rows.length === 1 ? rows[0] : rows.length === 0 && this.#normal?.length === 1 ? known : undefined;
    const isSelected = (row) => row?.entity_id === this.#selected.entity_id;
    const row = rows.find(isSelected) ?? (isSelected(known) ? known : undefined);
    if (!row) this.#ask(this.#selected);
    return row;
  }

  #updateNote() {
    const { hass } = this;
    const { phase, error, at } = this.#state ?? {};
    const isNormal = phase === "live" && this.#state.rows.size === 0 && this.#normal && !this.#selected;
    const names = isNormal && this.#normal.length !== 1 ? this.#normal.slice(0, MAX_NORMAL).map((alarm) => alarm.alarm) : [];
    renderOnce(this.#parts.notice, [phase, error, names, isNormal && this.#normal.length], () => {
      if (phase === "lost") return h("p.help", icon("lan-disconnect"), t(hass, "list.lost", { time: clock(hass, at ?? Date.now()) }));
      if (phase === "failed") return h("p.help", icon("alert"), error || t(hass, "list.failed"));
      if (!names.length) return [];
      const more = this.#normal.length - names.length;
      return [h("p", t(hass, "info.all_normal", { count: this.#normal.length })),
        h("p.dim", names.join(", "), more ? ` ${t(hass, "info.and_more", { count: more })}` : "")];
    });
  }

  async #askNormal() {
    if (this.#normal) return;
    this.#normal = [];
    const message = { type: "iotbridge/alarms/list", target: { entity_id: [this.#ruleId] }, state: ["normal", "suppressed"] };
    try {
      ({ alarms: this.#normal } = await this.hass.callWS(message));
    } catch {
      return; // the state of the subscription says why
    }
    if (this.#normal.length === 1) this.#ask(this.#normal[0]);
    this.changed();
  }

  async #ask(row) {
    const { rule_id: rule, entity_id: entity } = row;
    const episode = this.#selected?.episode;
    const assumed = this.#assumed;
    const key = JSON.stringify([rule, entity, episode, assumed, row.episode, row.state, row.severity, row.notified?.length, row.next?.length]);
    if (key === this.#asked) return;
    this.#asked = key;
    const ask = (type, more) =>
      this.hass.callWS({ type: `iotbridge/alarms/${type}`, rule_id: rule, entity_id: entity, language: languageOf(this.hass), ...more });
    try {
      const details = await ask("details", episode === undefined ? {} : { episode });
      const forecast = details.alarm?.active || episode !== undefined ? null : await ask("explain", assumed);
      if (key !== this.#asked) return; // another alarm is shown by now
      this.#details = { ...details, forecast, assumed, of: episode };
    } catch ({ code }) {
      if (code === "not_found" && row === this.#selected) this.#select(undefined); // a link to an alarm that is gone
      else setTimeout(() => (this.#asked = key === this.#asked ? null : this.#asked), RETRY_MS);
      return;
    }
    this.changed();
  }

  #updateDetail(row, count) {
    const { hass } = this;
    const { ways, past, top, bottom, acting, bar } = this.#parts;
    this.#ask(row);
    const episode = this.#selected?.episode === undefined ? null : this.#selected;
    const isKnown = this.#details?.alarm?.entity_id === row.entity_id && this.#details.of === episode?.episode;
    const details = isKnown ? this.#details : null;
    renderOnce(ways, [count > 1, Boolean(episode), titleOf(hass, row)], () => [
      episode ? button("back", () => this.#select(present(row)), [icon("arrow-left"), t(hass, "info.present")]) : null,
      count > 1 ? button("back", () => this.#select(undefined), [icon("arrow-left"), t(hass, "info.all", { count })]) : null,
      count > 1 && !episode ? h("h3", row.name) : null,
    ]);
    top.hidden = bottom.hidden = Boolean(episode);
    past.hidden = !episode;
    this.#updateChain(row, episode, details);
    if (episode) {
      renderOnce(past, [episode, hass.locale], () => pastHead(hass, episode));
      return;
    }
    this.#updateHead(row);
    this.#chart.update(hass, row);
    this.#updateHelp(row);
    this.#updateForecast(row, details);
    this.#updateBefore(row, details);
    keepFocus(acting, () => this.#updateActing(row), () => bar.querySelector("button:not([disabled])"));
  }

  #updateHead(row) {
    const { hass } = this;
    const place = row.entity_id ? [row.area, row.name].filter(Boolean).join(" · ") : null;
    renderOnce(this.#parts.where, place, () => {
      const open = () => openMoreInfo(this, row.entity_id);
      return place ? h("button.place", { onclick: open }, place, icon("chevron-right")) : [];
    });
    const value = liveValue(hass, row);
    const text = value !== null ? valueText(hass, row, value) : row.value || stateText(hass, row);
    const beyond = value !== null && row.limit !== null && row.side ? (row.side === "above" ? value - row.limit : row.limit - value) : 0;
    const limit = row.limit !== null ? limitText(hass, row) : null;
    const difference = beyond > 0 ? t(hass, `info.${row.side}`, { difference: measure(hass, Number(beyond.toPrecision(3)), row.unit) }) : null;
    renderOnce(this.#parts.big, [text, difference, limit, row.reason], () => [
      h("strong.num", text),
      difference
        ? h("span", h("b", difference), ` ${t(hass, "info.of", { limit })}`)
        : h("span.dim", limit ? t(hass, "info.limit", { limit }) : row.reason),
    ]);
    const chips = [
      severityChip(hass, row.severity, row.state !== "normal"),
      ["", row.state === "acknowledged" ? "account-check" : null, stateText(hass, row)],
      row.active && row.raised_at ? ["", null, t(hass, "info.for", { age: age(hass, secondsSince(row.raised_at)) })] : null,
      row.cause ? ["", "subdirectory-arrow-right", t(hass, "info.cause", { name: row.cause.name })] : null,
      ...row.suppressed.filter(({ reason }) => reason !== "parent").map(({ text: why }) => ["", "wrench", why]),
    ].filter(Boolean);
    renderOnce(this.#parts.chips, chips, () => chips.map(chip));
  }

  #updateHelp(row) {
    const comment = commentText(this.hass, row);
    renderOnce(this.#parts.advice, [row.instructions, comment], () => [
      comment ? h("p.comment", comment) : null,
      row.instructions ? [h("h3", t(this.hass, "info.instructions")), h("div.help", icon("wrench"), h("span", row.instructions))] : null,
    ].flat());
  }

  #updateChain(row, episode, details) {
    const { hass } = this;
    const { chain: part } = this.#parts;
    const next = !episode && row.state === "unacknowledged" ? (details?.next ?? row.next) : [];
    const chain = details?.chain ?? [];
    const sentences = next.map((step) => nextText(hass, step));
    const isUntold = !episode && row.tells_nobody && row.active;
    const shape = [chain, next.map(({ at, group }) => [at, group]), isUntold, (episode ?? row).severity, hass.locale];
    const line = (style, time, ...content) => h("li", { class: style }, h("span", content), h("span.num", time));
    renderOnce(part, shape, () =>
      chain.length || next.length
        ? [h("h3", t(hass, "info.chain")), h("ul", { class: "time" },
            chain.map((event) => line(eventClass(event, episode ?? row), when(hass, event.at), eventText(hass, event))),
            next.map((step) => line("next", when(hass, step.at), h("span.num", { "data-next": "" }))),
            isUntold ? line("next", "", t(hass, "alarm.no_group")) : null)]
        : []);
    part.querySelectorAll("[data-next]").forEach((element, index) => setText(element, sentences[index]));
  }

  #updateForecast(row, details) {
    const { hass } = this;
    const { assumed, forecast } = this.#parts;
    const { severity, time } = this.#assumed;
    const isShown = details !== null && !row.active;
    const words = [severity ? t(hass, `severity.${severity}`) : t(hass, "explain.rule"), time ? until(hass, time) : t(hass, "explain.now")];
    renderOnce(assumed, [isShown, hass.locale], () => {
      const pick = (open) => button("", ({ currentTarget }) => open(currentTarget), [h("span"), icon("menu-down")], { "aria-haspopup": "menu" });
      const picks = [pick((anchor) => this.#chooseSeverity(anchor)), pick((anchor) => this.#chooseTime(anchor))];
      return isShown ? [h("h3", t(hass, "info.forecast")), h("div.chips", picks)] : [];
    });
    assumed.querySelectorAll(".btn span").forEach((label, index) => setText(label, words[index]));
    const texts = isShown && details.assumed === this.#assumed ? (details.forecast?.text ?? []) : [];
    renderOnce(forecast, texts, () => (texts.length ? h("ul", texts.map((text) => h("li", text))) : []));
  }

  #assume(values) {
    this.#assumed = { ...this.#assumed, ...values };
    this.changed();
  }

  #chooseSeverity(anchor) {
    const { hass } = this;
    const items = [undefined, ...SEVERITIES.toReversed()].map((severity) => ({
      label: severity ? t(hass, `severity.${severity}`) : t(hass, "explain.rule"),
      icon: severity === this.#assumed.severity ? "check" : "blank",
      run: () => this.#assume({ severity }),
    }));
    openMenu(anchor, items, { label: t(hass, "explain.severity") });
  }

  #chooseTime(anchor) {
    const { hass } = this;
    const evening = new Date();
    evening.setHours(EVENING_HOUR, 0, 0, 0);
    if (evening < Date.now()) evening.setDate(evening.getDate() + 1);
    const assume = (at) => this.#assume({ time: at?.toISOString() });
    const title = t(hass, "explain.time");
    const form = { title, confirm: t(hass, "explain.show"), fields: [timeField(title, evening)], run: ({ until: at }) => assume(new Date(at)) };
    const items = [
      { label: t(hass, "explain.now"), icon: this.#assumed.time ? "blank" : "check", run: () => assume(undefined) },
      { label: t(hass, "explain.night"), detail: until(hass, evening), icon: "weather-night", run: () => assume(evening) },
      { label: t(hass, "time.other"), icon: "calendar-clock", run: () => openForm(hass, anchor, form) },
    ];
    openMenu(anchor, items, { label: title });
  }

  #updateBefore(row, details) {
    const { hass } = this;
    const { before = null, episodes = [] } = details ?? {};
    const others = episodes.filter(({ episode }) => episode !== row.episode);
    renderOnce(this.#parts.before, [before, others, this.#isLong, hass.locale], () => {
      if (!before) return [];
      const title = h("h3", t(hass, "info.before"));
      if (!before.last) return [title, h("p.dim", t(hass, "info.never", { days: before.days }))];
      const words = t(hass, "info.often", { count: before.count, days: before.days, average: duration(hass, before.average_s ?? 0) });
      const shown = this.#isLong ? others : others.slice(0, MAX_BEFORE);
      const count = others.length - shown.length;
      const line = (episode) => episodeLine(hass, episode, moment(hass, episode.raised_at), "", () => this.#select(episode));
      const showAll = () => {
        this.#isLong = true;
        this.changed();
      };
      return [title, h("p.dim.comment", words), h("ul.time", shown.map(line)),
        count ? button("", showAll, t(hass, "list.more", { count })) : null];
    });
  }

  #updateActing(row) {
    const { actions, hass } = this;
    const now = actions.status(row);
    const isBusy = now?.phase === "busy";
    const title = titleOf(hass, row);
    renderOnce(this.#parts.status, [now?.phase, now?.text, row.can_control, row.controllers], () =>
      statusLine(hass, now, row.can_control ? null : row));
    const act = (style, name, text, run, more) =>
      button(style, ({ currentTarget }) => run(this.#current(row), currentTarget), [icon(name), text], { disabled: isBusy, ...more });
    renderOnce(this.#parts.bar, [row.state, row.can_control, isBusy, row.id, title, row.device_id, hass.locale.language], () => {
      const menu = dotsButton(t(hass, "action.more", { name: title }), ({ currentTarget }) => actions.openMoreMenu(currentTarget, this.#current(row), { name: title }));
      if (!row.can_control) return [menu];
      const snooze = row.state === "snoozed"
        ? act(isWaiting(row) ? "" : "main", "undo", t(hass, "action.take_back_snooze"), (alarm) => actions.unsnooze(alarm))
        : act("", "alarm-snooze", [t(hass, "action.snooze"), icon("menu-down")], (alarm, anchor) => actions.openSnoozeMenu(anchor, alarm), { "aria-haspopup": "menu" });
      const main = isWaiting(row)
        ? act("main", "check", t(hass, "action.acknowledge"), (alarm) => actions.acknowledge(alarm))
        : row.state === "acknowledged" ? act("main", "undo", t(hass, "action.take_back"), (alarm) => actions.unacknowledge(alarm)) : null;
      return [main, snooze, menu];
    });
  }

  #current(row) {
    return this.#state?.rows.get(row.id) ?? row;
  }
}

const present = ({ rule_id, entity_id }) => ({ rule_id, entity_id });

const severityChip = (hass, severity, isRaised = true) =>
  [isRaised ? SEVERITY_CLASSES[severity] : "", SEVERITY_ICONS[severity], t(hass, `severity.${severity}`)];

const chip = ([kind, name, label]) => h("span", { class: `chip ${kind}` }, name ? icon(name) : null, label);

const pastHead = (hass, episode) => [
  titleOf(hass, episode) === episode.rule ? null : h("h3", episode.name),
  h("div.big", h("strong", moment(hass, episode.raised_at)), h("span.dim", causeText(hass, episode))),
  h("div.chips", chip(severityChip(hass, episode.severity)), chip(["", null, lengthText(hass, episode)])),
];

const eventClass = ({ event, result }, { severity }) => {
  if (event === "raised" || event === "worsened") return SEVERITY_CLASSES[severity];
  return event === "cleared" ? "good" : result === "refused" ? "warn" : "";
};

const eventText = (hass, { text, comment }) => (comment && !text.includes(comment) ? `${text} ${t(hass, "alarm.quote", { comment })}` : text);

const when = (hass, at) => (isToday(hass, at) ? clock(hass, at) : secondsSince(at) < 0 ? until(hass, at) : moment(hass, at));
