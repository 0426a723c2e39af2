// Timeline of a power plan: a row for each step on one axis of time.
import { KeyedList, h, icon, renderOnce, setAttribute, setText, sheet } from "./dom.js";
import { HOUR_S, age, clock, duration, listOf } from "./formats.js";
import { hostIcon } from "./hosts.js";
import { t } from "./texts.js";

const MIN_SPAN_MS = 60_000;
const MAX_TICKS = 5;
const TICKS_S = [5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, HOUR_S, 2 * HOUR_S, 6 * HOUR_S, 24 * HOUR_S];

export const timelineStyles = sheet(`
table { width: 100%; border-collapse: collapse; table-layout: fixed } th { height: 44px; font-size: 12px; font-weight: 500; text-align: start }
th:first-child { width: 300px } th, tbody th { padding: 0 8px 0 12px } tbody th { font-weight: 400; border-top: 1px solid var(--divider-color) } td { position: relative; border-top: 1px solid var(--divider-color) }
.step { display: flex; align-items: center; gap: 12px; min-height: 56px; padding: 6px 0; line-height: 18px } .step div { min-width: 0; overflow-wrap: anywhere } .step b { display: block; font-size: 14px; font-weight: 500 }
.step span span { font-size: 12px; line-height: 16px; color: var(--secondary-text-color) } .step.bad span span { color: var(--primary-text-color); font-weight: 500 }
.step.busy { --c: var(--note) } .step.bad { --c: var(--crit) }
.axis, .lane { position: absolute; inset: 0 40px 0 12px } th.axes { position: relative } .axis span { position: absolute; line-height: 44px; transform: translateX(-50%); white-space: nowrap; color: var(--secondary-text-color); font-weight: 400 } .axis span:first-child { transform: none }
.lane > * { position: absolute; top: calc(50% - 11px); height: 22px; min-width: 4px; border-radius: 6px; font-size: 12px; line-height: 22px; white-space: nowrap; overflow: hidden; text-indent: 6px }
.done { background: color-mix(in srgb, var(--success-color) 32%, var(--card-background-color)) } .bar.bad { background: color-mix(in srgb, var(--crit) 28%, var(--card-background-color)); box-shadow: inset 0 0 0 1.5px var(--crit) }
.run { background: repeating-linear-gradient(45deg, transparent 0 8px, color-mix(in srgb, var(--card-background-color) 45%, transparent) 8px 12px), color-mix(in srgb, var(--note) 45%, var(--card-background-color)) }
.wait { box-shadow: inset 0 0 0 1.5px var(--ha-color-border-neutral-normal, var(--divider-color)); color: var(--secondary-text-color) }
.lane > .limit { width: 10px; min-width: 0; margin-left: -5px; top: calc(50% - 15px); height: 30px; border-radius: 0; background: linear-gradient(var(--crit) 0 0) center / 2px 100% no-repeat, linear-gradient(var(--crit) 0 0) top / 100% 2px no-repeat, linear-gradient(var(--crit) 0 0) bottom / 100% 2px no-repeat }
.lane > .now { top: 0; height: 100%; width: 2px; min-width: 0; border-radius: 0; background: var(--primary-text-color) }
.time { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) } .table + .foot { border-top: 1px solid var(--divider-color); padding-block: 8px }
@container (max-width: 720px) { th:first-child { width: 52% } .lane, .axis { inset: 0 16px 0 0 } .lane > * { text-indent: -999px } .axis span:nth-child(even) { display: none } .step { gap: 8px } .time { position: static; clip-path: none } }
`);

const ms = (time) => (time ? Date.parse(time) : null);

/** 38 s, 1 min 40 s, 3 h 20 min */
export const length = (hass, seconds) => {
  const s = Math.max(0, Math.round(seconds));
  return s > 60 && s < HOUR_S && s % 60 ? `${age(hass, s)} ${age(hass, s % 60)}` : duration(hass, s);
};

export const isAtWork = ({ state }) => /ing$/.test(state);
export const isToCome = ({ state }) => /^to_/.test(state);
export const isOff = ({ state }) => /off$/.test(state);
export const isFailed = ({ state }) => /failed$/.test(state);

/** Return the icon and the class of a state. */
const lookOf = (row) => {
  if (isFailed(row)) return ["alert", "bad"];
  if (isAtWork(row)) return [row.state === "starting" ? "restart" : "power", "busy"];
  return isOff(row) || row.state === "to_start" ? ["power", "off"] : ["check-circle", ""];
};

/** Return the rows of a run, or of a dry run, as they are now; what is to come moves on while a step takes longer than expected. */
export const rowsOf = (timeline, now) => {
  const late = Math.max(0, ...timeline.filter(isAtWork).map((row) => now - ms(row.ends_at)));
  return timeline.map((row) => {
    const [from, to] = [ms(row.begins_at), ms(row.ends_at)];
    const bars = [];
    if (isAtWork(row)) {
      const middle = Math.max(from, now);
      bars.push({ kind: "run", from, to: middle });
      if (to > middle) bars.push({ kind: "wait", from: middle, to });
    } else if (from !== null && to !== null) {
      const shift = isToCome(row) ? late : 0;
      bars.push({ kind: isToCome(row) ? "wait" : isFailed(row) ? "bad" : "done", from: from + shift, to: to + shift });
    }
    return { ...row, id: row.key, bars, deadline: isAtWork(row) ? ms(row.deadline_at) : null };
  });
};

/** Return the rows of a run that has ended, in the order in which the steps began; `known` are rows of the plan. */
export const rowsOfReport = ({ steps, events }, known) => {
  const byKey = Object.fromEntries(known.map((row) => [row.key, row]));
  const rows = steps.map((step) => {
    const bars = [];
    let from = null;
    for (const { at, kind, step: name } of events) {
      if (name !== step.name) continue;
      if (kind.endsWith("_sent")) from = ms(at);
      if (from === null || (kind !== "step_done" && kind !== "step_failed")) continue;
      bars.push({ kind: kind === "step_done" ? "done" : "bad", from, to: ms(at) });
      from = null;
    }
    return { role: "", needs: [], ...byKey[step.key], ...step, id: step.key, bars, deadline: null };
  });
  return rows.sort((a, b) => (a.bars[0]?.from ?? Infinity) - (b.bars[0]?.from ?? Infinity));
};

const waitsFor = (row, rows) => {
  if (row.state === "to_stop") return rows.filter((other) => other.needs.includes(row.name) && !isOff(other));
  return row.state === "to_start" ? rows.filter((other) => row.needs.includes(other.name) && other.state !== "on") : [];
};

/** Return the state of a step and why it has it. */
export const stateOf = (hass, { state, reason, message }) => {
  const why = message && isFailed({ state }) ? message : reason && reason !== state ? t(hass, `plan.reason.${reason}`) : "";
  return why ? t(hass, "plan.with_reason", { state: t(hass, `plan.state.${state}`), reason: why }) : t(hass, `plan.state.${state}`);
};

const detailOf = (hass, row, rows) => {
  const names = waitsFor(row, rows).map(({ name }) => name);
  const role = row.role && t(hass, `plan.role.${row.role}`);
  return [stateOf(hass, row), names.length ? t(hass, "plan.waits", { names: listOf(hass, names) }) : role].filter(Boolean).join(" · ");
};

const barText = (hass, { kind, from, to }) => {
  const time = length(hass, (to - from) / 1000);
  return kind === "wait" ? t(hass, "plan.about", { time }) : `${{ done: "✓ ", bad: "✕ ", run: "" }[kind]}${time}`;
};

const timeOf = (hass, { bars, deadline }) => {
  if (!bars.length) return "";
  if (deadline === null) return ` · ${bars.map((bar) => barText(hass, bar)).join(", ")}`;
  return ` · ${t(hass, "plan.of", { time: length(hass, (bars[0].to - bars[0].from) / 1000), limit: length(hass, (deadline - bars[0].from) / 1000) })}`;
};

const createRow = (view) => {
  const look = h("div");
  const [name, detail, time, lane] = [h("b"), h("span"), h("span.time"), h("div.lane", { "aria-hidden": "true" })];
  const picture = h("span.st", { "aria-hidden": "true" });
  look.append(picture, h("div", name, h("span", detail, time)));
  return {
    element: h("tr", h("th", { scope: "row" }, look), h("td", lane)),
    update(row) {
      const { hass, rows, place, now } = view;
      const [mark, kind] = lookOf(row);
      setAttribute(look, "class", `step ${kind}`);
      const sign = row.device_id ? hostIcon(hass, { id: row.device_id, entities: {} }) : "power-plug";
      renderOnce(picture, [sign, row.state], () => [icon(sign), h("em", icon(mark))]);
      setText(name, row.name);
      setText(detail, detailOf(hass, row, rows));
      setText(time, timeOf(hass, row));
      const bars = row.bars.map((bar) => [`bar ${bar.kind}`, place(bar.from), place(bar.to) - place(bar.from), barText(hass, bar)]);
      const marks = [row.deadline && ["limit", row.deadline], now && ["now", now]].filter(Boolean).map(([kind, at]) => [kind, place(at)]);
      renderOnce(lane, [bars, marks], () => [
        bars.map(([kind, left, width, text]) => h("span", { class: kind, style: `left:${left.toFixed(2)}%;width:${width.toFixed(2)}%` }, text)),
        marks.map(([kind, left]) => h("span", { class: kind, style: `left:${left.toFixed(2)}%` })),
      ].flat());
    },
  };
};

/** Return `{element, update(hass, rows, now, isPast)}`; `now` is null where nothing runs, and `isPast` gives the axis the time of day. */
export const createTimeline = () => {
  const [caption, head, axis, body, legend] = [h("caption.sr"), h("th", { scope: "col" }), h("div.axis", { "aria-hidden": "true" }), h("tbody"), h("span")];
  const label = h("span.sr");
  const table = h("table", caption, h("thead", h("tr", head, h("th.axes", { scope: "col" }, label, axis))), body);
  const view = {};
  const list = new KeyedList(body, () => createRow(view));
  return {
    element: h("ha-card", h("div.table", table), h("div.foot", legend)),
    update(hass, rows, now, isPast) {
      const times = rows.flatMap(({ bars, deadline }) => [...bars.flatMap(({ from, to }) => [from, to]), deadline]).filter(Boolean);
      if (now) times.push(now);
      const start = Math.min(...times, now ?? Infinity);
      const first = Number.isFinite(start) ? start : Date.now();
      const span = Math.max(MIN_SPAN_MS, Math.max(...times, first) - first);
      Object.assign(view, { hass, rows, now, place: (at) => ((at - first) / span) * 100 });
      setText(caption, t(hass, "plan.caption"));
      setText(head, t(hass, "plan.step"));
      setText(label, t(hass, "plan.time"));
      setText(legend, t(hass, now ? "plan.legend_run" : "plan.legend"));
      const tick = TICKS_S.find((seconds) => span / 1000 / seconds <= MAX_TICKS) ?? TICKS_S.at(-1);
      const count = Math.floor(span / 1000 / tick) + 1;
      const texts = Array.from({ length: count }, (_, index) => (index || !isPast ? length(hass, index * tick) : clock(hass, first)));
      renderOnce(axis, [texts, span], () => texts.map((text, index) => h("span", { style: `left:${((index * tick * 1e5) / span).toFixed(2)}%` }, text)));
      list.update(rows);
    },
  };
};
